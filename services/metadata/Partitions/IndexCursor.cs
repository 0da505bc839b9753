namespace Spillway.Metadata.Partitions;

/// <summary>A place in a <see cref="PartitionIndexEntries"/>; good until the next change of it.</summary>
internal readonly record struct IndexCursor(int Chunk, int Index)
{
    public static IndexCursor Later(IndexCursor a, IndexCursor b) =>
        a.Chunk > b.Chunk || (a.Chunk == b.Chunk && a.Index > b.Index) ? a : b;
}
