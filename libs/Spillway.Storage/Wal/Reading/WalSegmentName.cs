namespace Spillway.Storage.Wal.Reading;

/// <summary>A segment as metadata names it to those who read.</summary>
/// <param name="SegmentId">Its id.</param>
/// <param name="WriterId">Whose it is: the one to ask where no view of the volume shows what the index names. 0: not known.</param>
/// <param name="Location">Where it lies.</param>
public readonly record struct WalSegmentName(long SegmentId, int WriterId, WalSegmentLocation Location)
{
    /// <inheritdoc/>
    public override string ToString() => $"segment {SegmentId} ({Location})";
}
