namespace Spillway.Raft.Segments;

/// <summary>A segment on disk that is no longer written to.</summary>
/// <param name="Number">Its number.</param>
/// <param name="FirstIndex">The index that was next when it was opened.</param>
/// <param name="LengthBytes">Its size.</param>
internal sealed record SegmentDescriptor(ulong Number, ulong FirstIndex, long LengthBytes)
{
    public string Name => SegmentHeader.NameOf(Number);
}
