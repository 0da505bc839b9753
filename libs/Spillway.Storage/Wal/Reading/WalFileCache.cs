namespace Spillway.Storage.Wal.Reading;

/// <summary>
/// Open segments by path, the least recently used closed first. A file in use is closed when its last user returns it.
/// Thread-safe; the lock guards all fields, and files are opened and closed outside of it because that can block.
/// </summary>
internal sealed class WalFileCache(IWalFileSystem fileSystem, int openFilesMax) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CachedFile> _files = new(StringComparer.Ordinal);
    private readonly LinkedList<CachedFile> _byUse = new();

    public int OpenCount
    {
        get
        {
            lock (_lock)
            {
                return _files.Count;
            }
        }
    }

    /// <summary>
    /// Gives the open file, opening it if need be. A fresh one is its user's alone: it goes past the page cache, which is no way to read
    /// everything that follows. Each one rented is returned once.
    /// </summary>
    public CachedFile Rent(string path, bool fresh)
    {
        if (fresh)
        {
            Drop(path);
            return new CachedFile(path, fileSystem.OpenRead(path, dropCachedPages: true)) { UserCount = 1 };
        }

        lock (_lock)
        {
            if (_files.TryGetValue(path, out var cached))
            {
                Use(cached);
                return cached;
            }
        }

        var opened = new CachedFile(path, fileSystem.OpenRead(path, dropCachedPages: false));
        CachedFile result;
        CachedFile? surplus;
        lock (_lock)
        {
            if (_files.TryGetValue(path, out var other))
            {
                // Another thread opened it meanwhile: its file serves both.
                surplus = opened;
                result = other;
            }
            else
            {
                _files.Add(path, opened);
                opened.Node = _byUse.AddLast(opened);
                result = opened;
                surplus = _files.Count > openFilesMax ? Remove(_byUse.First!.Value) : null;
            }

            Use(result);
        }

        surplus?.File.Dispose();
        return result;
    }

    public void Return(CachedFile file)
    {
        bool isLast;
        lock (_lock)
        {
            isLast = --file.UserCount == 0 && file.Node is null;
        }

        if (isLast)
        {
            file.File.Dispose();
        }
    }

    /// <summary>Forgets the file, so that the next one to ask opens it anew.</summary>
    public void Drop(string path)
    {
        CachedFile? idle;
        lock (_lock)
        {
            idle = _files.TryGetValue(path, out var cached) ? Remove(cached) : null;
        }

        idle?.File.Dispose();
    }

    public void Dispose()
    {
        while (true)
        {
            string path;
            lock (_lock)
            {
                if (_byUse.First is null)
                {
                    return;
                }

                path = _byUse.First.Value.Path;
            }

            Drop(path);
        }
    }

    /// <summary>Takes the file out under the lock; returns it when nobody uses it and it is the caller's to close.</summary>
    private CachedFile? Remove(CachedFile file)
    {
        _files.Remove(file.Path);
        _byUse.Remove(file.Node!);
        file.Node = null;
        return file.UserCount == 0 ? file : null;
    }

    private void Use(CachedFile file)
    {
        file.UserCount++;
        if (file.Node is { } node)
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
        }
    }

    /// <summary>An open file with its users; the fields that change belong to the cache's lock.</summary>
    internal sealed class CachedFile(string path, IWalFile file)
    {
        public string Path { get; } = path;

        public IWalFile File { get; } = file;

        public int UserCount { get; set; }

        /// <summary>Its place in the order of use; null once the cache has forgotten it.</summary>
        public LinkedListNode<CachedFile>? Node { get; set; }
    }
}
