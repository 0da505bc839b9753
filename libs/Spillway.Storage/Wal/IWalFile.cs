namespace Spillway.Storage.Wal;

/// <summary>One open WAL file. Reads and writes are positional, so threads may share it; each call blocks.</summary>
public interface IWalFile : IDisposable
{
    /// <summary>The file's size as this process sees it now.</summary>
    long GetLength();

    /// <summary>Gives the file its final size, reserving the space where the file system can.</summary>
    void Preallocate(long lengthBytes);

    /// <summary>Writes all parts one after the other at a position, completely or not at all as far as the caller may assume.</summary>
    void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long position);

    /// <summary>Makes written data durable. After a failure nothing may be assumed about any write since the last success.</summary>
    void FlushData();

    /// <summary>Makes data and file attributes (its size) durable.</summary>
    void FlushAll();

    /// <summary>Reads up to the buffer's length; fewer only at the end of the file.</summary>
    int Read(Span<byte> buffer, long position);
}
