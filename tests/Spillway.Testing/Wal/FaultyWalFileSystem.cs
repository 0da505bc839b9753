using Spillway.Storage.Wal;

namespace Spillway.Testing.Wal;

/// <summary>
/// Puts faults in front of another file system's calls. A hook may throw what the volume would, wait as a volume that
/// hangs would, or do nothing. Set hooks before the calls they are for.
/// </summary>
public sealed class FaultyWalFileSystem(IWalFileSystem inner) : IWalFileSystem
{
    /// <summary>The errno of an I/O error.</summary>
    public const int InputOutputError = 5;

    /// <summary>The errno of a full volume.</summary>
    public const int NoSpace = 28;

    /// <summary>The errno of a handle whose file the server no longer knows.</summary>
    public const int StaleHandle = 116;

    /// <summary>Before a file is created.</summary>
    public Action<string>? OnCreate { get; set; }

    /// <summary>Before a file is opened for reading; the flag says whether a fresh view was asked for.</summary>
    public Action<string, bool>? OnOpenRead { get; set; }

    /// <summary>Before space is reserved.</summary>
    public Action<string>? OnPreallocate { get; set; }

    /// <summary>
    /// Before a write at a position; a number that is returned makes it a torn one: so many bytes are written, then it fails.
    /// </summary>
    public Func<string, long, long?>? OnWrite { get; set; }

    /// <summary>After a write, with its length in bytes.</summary>
    public Action<string, long>? OnWritten { get; set; }

    /// <summary>Before data is flushed.</summary>
    public Action<string>? OnFlush { get; set; }

    /// <summary>Before a file is deleted.</summary>
    public Action<string>? OnDelete { get; set; }

    /// <summary>After bytes were read: may change them, as a stale page cache would.</summary>
    public WalReadHook? OnRead { get; set; }

    public IWalFile CreateExclusive(string path, WalFlushMode flushMode)
    {
        OnCreate?.Invoke(path);
        return new FaultyFile(this, path, inner.CreateExclusive(path, flushMode));
    }

    public IWalFile OpenWrite(string path, WalFlushMode flushMode) =>
        new FaultyFile(this, path, inner.OpenWrite(path, flushMode));

    public IWalFile OpenRead(string path, bool dropCachedPages)
    {
        OnOpenRead?.Invoke(path, dropCachedPages);
        return new FaultyFile(this, path, inner.OpenRead(path, dropCachedPages));
    }

    public void CreateDirectory(string path) => inner.CreateDirectory(path);

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    public void Delete(string path)
    {
        OnDelete?.Invoke(path);
        inner.Delete(path);
    }

    public long MeasureFolder(string path) => inner.MeasureFolder(path);

    /// <summary>What the runtime throws for an errno.</summary>
    public static IOException Error(int errno) => new($"injected errno {errno}", errno);

    private sealed class FaultyFile(FaultyWalFileSystem owner, string path, IWalFile file) : IWalFile
    {
        public long GetLength() => file.GetLength();

        public void Preallocate(long lengthBytes)
        {
            owner.OnPreallocate?.Invoke(path);
            file.Preallocate(lengthBytes);
        }

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long position)
        {
            if (owner.OnWrite?.Invoke(path, position) is { } tornBytes)
            {
                var all = parts.SelectMany(p => p.ToArray()).Take((int)tornBytes).ToArray();
                file.Write([all], position);
                throw Error(InputOutputError);
            }

            file.Write(parts, position);
            owner.OnWritten?.Invoke(path, parts.Sum(static part => (long)part.Length));
        }

        public void FlushData()
        {
            owner.OnFlush?.Invoke(path);
            file.FlushData();
        }

        public void FlushAll() => file.FlushAll();

        public int Read(Span<byte> buffer, long position)
        {
            var count = file.Read(buffer, position);
            return owner.OnRead?.Invoke(path, position, buffer[..count]) ?? count;
        }

        public void Dispose() => file.Dispose();
    }
}
