using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor.Planning;

/// <summary>
/// Part of a segment that is read at once, with the ranges in it. A volume sells operations as well as bytes: many small ranges that lie
/// near each other cost one read. Pure.
/// </summary>
internal sealed record Stretch(WalSegmentName Segment, long Position, int LengthBytes, IReadOnlyList<SegmentRange> Ranges)
{
    /// <summary>A read of this much keeps a volume busy, and is a class of the buffer pool.</summary>
    public const int StretchBytesMax = 4 << 20;

    /// <summary>A gap up to this is read over: block heads and padding always, and a little of what is not wanted.</summary>
    public const int GapBytesMax = 64 << 10;

    /// <summary>The stretches of some ranges, by segment and position; markers lie in none.</summary>
    public static IReadOnlyList<Stretch> Cover(IEnumerable<SegmentRange> ranges)
    {
        List<Stretch> stretches = [];
        List<SegmentRange> current = [];
        foreach (var range in ranges
            .Where(static r => r.Marker is null)
            .OrderBy(static r => r.Segment.SegmentId)
            .ThenBy(static r => r.Position))
        {
            if (current.Count > 0 && !Extends(current, range))
            {
                stretches.Add(Of(current));
                current = [];
            }

            current.Add(range);
        }

        if (current.Count > 0)
        {
            stretches.Add(Of(current));
        }

        return stretches;
    }

    private static bool Extends(List<SegmentRange> current, SegmentRange range)
    {
        var end = current[^1].Position + current[^1].LengthBytes;
        return range.Segment == current[0].Segment
            && range.Position >= end
            && range.Position - end <= GapBytesMax
            && range.Position + range.LengthBytes - current[0].Position <= StretchBytesMax;
    }

    private static Stretch Of(List<SegmentRange> ranges) => new(
        ranges[0].Segment,
        ranges[0].Position,
        (int)(ranges[^1].Position + ranges[^1].LengthBytes - ranges[0].Position),
        ranges);
}
