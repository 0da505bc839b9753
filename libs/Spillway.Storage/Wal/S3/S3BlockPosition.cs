namespace Spillway.Storage.Wal.S3;

/// <summary>
/// A position in a segment whose blocks are objects: the number of the object in the upper 32 bits, the byte in it in the lower. So the index
/// says which object to read and where, and byte-adjacent batches of a block have adjacent positions, as in a file.
/// <code>position := number:32 byte:32</code>
/// </summary>
/// <param name="Number">The object's number; 0 is the segment's header, blocks count from 1.</param>
/// <param name="Byte">The byte in the object.</param>
public readonly record struct S3BlockPosition(int Number, uint Byte)
{
    /// <summary>Reads a position that the index names.</summary>
    public static S3BlockPosition Of(long position) => new((int)(position >> 32), (uint)position);

    /// <summary>As the index names it.</summary>
    public long ToPosition() => ((long)Number << 32) | Byte;
}
