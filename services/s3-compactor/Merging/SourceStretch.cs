namespace Spillway.S3Compactor.Merging;

/// <summary>
/// Part of an object that is read at once, with the ranges in it. Requests are paid for and bytes inside a region are not, so ranges near each
/// other cost one. Pure.
/// </summary>
internal sealed record SourceStretch(string Key, long Position, int LengthBytes, IReadOnlyList<MergeRange> Ranges)
{
    /// <summary>A read of this much uses a connection well.</summary>
    public const int StretchBytesMax = 8 << 20;

    /// <summary>A gap up to this is read over: about what arrives in the time that another request takes to answer.</summary>
    public const int GapBytesMax = 512 << 10;

    /// <summary>The stretches of some ranges, by object and position.</summary>
    public static IReadOnlyList<SourceStretch> Cover(IEnumerable<MergeRange> ranges)
    {
        List<SourceStretch> stretches = [];
        List<MergeRange> current = [];
        foreach (var range in ranges.OrderBy(static r => r.Key, StringComparer.Ordinal).ThenBy(static r => r.Position))
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

    public static SourceStretch Of(IReadOnlyList<MergeRange> ranges) => new(
        ranges[0].Key, ranges[0].Position, (int)(ranges[^1].Position + ranges[^1].LengthBytes - ranges[0].Position), ranges);

    private static bool Extends(List<MergeRange> current, MergeRange range)
    {
        var end = current[^1].Position + current[^1].LengthBytes;
        return range.Key == current[0].Key
            && range.Position >= end
            && range.Position - end <= GapBytesMax
            && range.Position + range.LengthBytes - current[0].Position <= StretchBytesMax;
    }
}
