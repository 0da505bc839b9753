using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Planning;

/// <summary>One object that a drain writes: its ranges by log and offset, the order in which they are written.</summary>
internal sealed record ObjectPlan(ObjectKind Kind, IReadOnlyList<SegmentRange> Ranges)
{
    public long DataBytes => Ranges.Sum(static range => (long)range.LengthBytes);
}
