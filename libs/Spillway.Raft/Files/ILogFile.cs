namespace Spillway.Raft.Files;

/// <summary>An open file of the log's folder. Failures are <see cref="IOException"/>s, final, never retried.</summary>
internal interface ILogFile : IDisposable
{
    /// <summary>Name inside the folder.</summary>
    string Name { get; }

    long LengthBytes { get; }

    void Write(ReadOnlySpan<byte> data, long position);

    /// <summary>Reads until <paramref name="destination"/> is full or the file ends; returns the bytes read.</summary>
    int Read(Span<byte> destination, long position);

    /// <summary>Makes the written data durable, and of the metadata what reading it back takes (fdatasync).</summary>
    void FlushData();

    /// <summary>Makes data and metadata durable (fsync).</summary>
    void FlushAll();

    /// <summary>Cuts or extends the file; bytes past the old end read as zero.</summary>
    void SetLength(long lengthBytes);
}
