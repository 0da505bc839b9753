namespace Spillway.Storage.Caching.Disk;

/// <summary>Room on a disk for the time that a process lives. Calls block and may fail with an <see cref="IOException"/>; they may overlap.</summary>
internal interface IBlockFile : IDisposable
{
    /// <summary>Fills the destination from a position.</summary>
    void Read(long position, Span<byte> destination);

    /// <summary>Writes all of it at a position.</summary>
    void Write(long position, ReadOnlySpan<byte> bytes);
}
