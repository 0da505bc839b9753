namespace Spillway.Tool.Wal;

/// <summary>What <see cref="WalInspect"/> found.</summary>
internal sealed record SegmentReport
{
    public required string Location { get; init; }

    /// <summary>Of the file, or of all objects of the segment together.</summary>
    public required long SizeBytes { get; init; }

    public required Guid ClusterId { get; init; }

    public required int WriterId { get; init; }

    public required long WriterEpoch { get; init; }

    public required long SegmentId { get; init; }

    public required long CreatedMs { get; init; }

    public required IReadOnlyList<SegmentBlockReport> Blocks { get; init; }

    /// <summary>What lies where no intact block does.</summary>
    public required IReadOnlyList<SegmentGap> Gaps { get; init; }

    public IEnumerable<string> Problems =>
        Blocks.Where(b => b.Problem is not null).Select(b => $"block {b.BlockSeq} at {b.Position}: {b.Problem}")
            .Concat(Gaps.Where(g => g.Problem is not null).Select(g => $"at {g.Position}: {g.Problem}"));
}
