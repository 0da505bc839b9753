namespace Spillway.Raft.Segments;

/// <summary>What recovery found: the entries behind the snapshot, and where the log goes on.</summary>
internal sealed class RecoveredLog
{
    public required IReadOnlyList<SegmentDescriptor> Segments { get; init; }

    /// <summary>Entries above the snapshot, without a gap.</summary>
    public required IReadOnlyList<RecoveredEntry> Entries { get; init; }

    /// <summary>Term and vote as last written; commit clamped to what is there.</summary>
    public required HardState HardState { get; init; }

    public required ulong LastIndex { get; init; }

    public required ulong LastTerm { get; init; }

    /// <summary>Bytes of a torn write that were cut off the last segment.</summary>
    public required long TornBytes { get; init; }
}
