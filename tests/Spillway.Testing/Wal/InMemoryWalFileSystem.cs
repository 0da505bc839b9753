using Spillway.Storage.Wal;

namespace Spillway.Testing.Wal;

/// <summary>
/// WAL files in memory that tell written from durable: <see cref="LosePower"/> leaves what was flushed, in files whose folder was
/// synced since they were made, and nothing else.
/// Thread-safe.
/// </summary>
public sealed class InMemoryWalFileSystem : IWalFileSystem
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Content> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unsyncedNames = new(StringComparer.Ordinal);

    /// <summary>The paths of all files, sorted.</summary>
    public IReadOnlyList<string> Paths
    {
        get
        {
            lock (_lock)
            {
                return [.. _files.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    public IWalFile CreateExclusive(string path, WalFlushMode flushMode)
    {
        lock (_lock)
        {
            var content = new Content();
            _unsyncedNames.Add(path);
            return _files.TryAdd(path, content)
                ? new OpenFile(content, flushMode == WalFlushMode.Dsync)
                : throw new IOException($"'{path}' exists", 17);
        }
    }

    public IWalFile OpenWrite(string path, WalFlushMode flushMode) =>
        new OpenFile(Find(path), flushMode == WalFlushMode.Dsync);

    public IWalFile OpenRead(string path, bool dropCachedPages) => new OpenFile(Find(path), isDurable: false);

    public void CreateDirectory(string path)
    {
    }

    public void SyncDirectory(string path)
    {
        lock (_lock)
        {
            _unsyncedNames.RemoveWhere(name => Path.GetDirectoryName(name) == path.TrimEnd('/'));
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            _files.Remove(path);
        }
    }

    public long MeasureFolder(string path)
    {
        lock (_lock)
        {
            return _files.Where(file => file.Key.StartsWith(path + "/", StringComparison.Ordinal)).Sum(file => file.Value.Length);
        }
    }

    /// <summary>The machine stops: bytes that were written and not flushed are gone, and files that only their maker knew.</summary>
    public void LosePower()
    {
        lock (_lock)
        {
            foreach (var name in _unsyncedNames)
            {
                _files.Remove(name);
            }

            _unsyncedNames.Clear();
            foreach (var content in _files.Values)
            {
                content.LosePower();
            }
        }
    }

    private Content Find(string path)
    {
        lock (_lock)
        {
            return _files.GetValueOrDefault(path) ?? throw new FileNotFoundException($"'{path}' is not there", path);
        }
    }

    private sealed class OpenFile(Content content, bool isDurable) : IWalFile
    {
        public long GetLength() => content.Length;

        public void Preallocate(long lengthBytes) => content.SetLength(lengthBytes);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long position)
        {
            foreach (var part in parts)
            {
                content.Write(part.Span, position);
                position += part.Length;
            }

            if (isDurable)
            {
                content.Flush();
            }
        }

        public void FlushData() => content.Flush();

        public void FlushAll() => content.Flush();

        public int Read(Span<byte> buffer, long position) => content.Read(buffer, position);

        public void Dispose()
        {
        }
    }

    private sealed class Content
    {
        private readonly Lock _lock = new();
        private readonly List<(long Position, byte[] Before)> _undo = [];
        private byte[] _bytes = [];

        public long Length
        {
            get
            {
                lock (_lock)
                {
                    return _bytes.Length;
                }
            }
        }

        public void SetLength(long lengthBytes)
        {
            lock (_lock)
            {
                Array.Resize(ref _bytes, (int)lengthBytes);
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            lock (_lock)
            {
                if (_bytes.Length < position + bytes.Length)
                {
                    Array.Resize(ref _bytes, (int)position + bytes.Length);
                }

                var target = _bytes.AsSpan((int)position, bytes.Length);
                _undo.Add((position, target.ToArray()));
                bytes.CopyTo(target);
            }
        }

        public void Flush()
        {
            lock (_lock)
            {
                _undo.Clear();
            }
        }

        public void LosePower()
        {
            lock (_lock)
            {
                for (var i = _undo.Count - 1; i >= 0; i--)
                {
                    _undo[i].Before.CopyTo(_bytes.AsSpan((int)_undo[i].Position));
                }

                _undo.Clear();
            }
        }

        public int Read(Span<byte> buffer, long position)
        {
            lock (_lock)
            {
                var count = (int)Math.Clamp(_bytes.Length - position, 0, buffer.Length);
                _bytes.AsSpan((int)Math.Min(position, _bytes.Length), count).CopyTo(buffer);
                return count;
            }
        }
    }
}
