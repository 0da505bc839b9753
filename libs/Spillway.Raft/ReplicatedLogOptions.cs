namespace Spillway.Raft;

/// <summary>Settings of a replicated log.</summary>
public sealed class ReplicatedLogOptions
{
    /// <summary>Folder of log, snapshots and identity; no default: it must be one this node owns alone.</summary>
    public string Folder { get; init; } = "";

    /// <summary>This node's id in its group, 1 or more, never reused. Default 1, the embedded node's.</summary>
    public ulong NodeId { get; init; } = 1;

    /// <summary>Where others reach this node; handed out as the leader hint. Default none.</summary>
    public string? Address { get; init; }

    /// <summary>
    /// The cluster this node belongs to. A folder of another cluster is refused. Default none: take the folder's,
    /// and draw one for an empty folder, as the embedded node does.
    /// </summary>
    public Guid? ClusterId { get; init; }

    /// <summary>Bytes of a log segment, preallocated. Default 64 MiB: rolls are rare, old ones go soon.</summary>
    public long SegmentBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Bytes of commands in one entry, and so of the largest command. Default 1 MiB: keeps a flush and, later, a
    /// message short.
    /// </summary>
    public int EntryBytesMax { get; init; } = 1 << 20;

    /// <summary>Bytes of commands that may wait for the log. Default 64 MiB; past it proposals are refused.</summary>
    public long QueuedBytesMax { get; init; } = 64 << 20;

    /// <summary>Log bytes after which a snapshot is due. Default 16 MiB: replay stays well below a second.</summary>
    public long SnapshotEveryBytes { get; init; } = 16 << 20;

    /// <summary>Entries after which a snapshot is due. Default 10,000, for the same reason.</summary>
    public int SnapshotEveryEntries { get; init; } = 10_000;

    /// <summary>Everything that is wrong with the values, each with its setting's name.</summary>
    /// <returns>The errors; empty when all is well.</returns>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (string.IsNullOrWhiteSpace(Folder))
        {
            errors.Add($"{nameof(Folder)} must name a folder.");
        }

        if (NodeId == 0)
        {
            errors.Add($"{nameof(NodeId)} must be 1 or more; 0 means no node.");
        }

        if (ClusterId == Guid.Empty)
        {
            errors.Add($"{nameof(ClusterId)} must not be the empty GUID; leave it out to take the folder's.");
        }

        if (EntryBytesMax is < 1024 or > 16 << 20)
        {
            errors.Add($"{nameof(EntryBytesMax)} must lie between 1 KiB and 16 MiB, not {EntryBytesMax}.");
        }

        if (SegmentBytes < 2L * EntryBytesMax + 16_384 || SegmentBytes > 1L << 30)
        {
            errors.Add($"{nameof(SegmentBytes)} must lie between twice {nameof(EntryBytesMax)} plus 16 KiB and 1 GiB, "
                + $"not {SegmentBytes}.");
        }

        if (QueuedBytesMax < EntryBytesMax)
        {
            errors.Add($"{nameof(QueuedBytesMax)} must be at least {nameof(EntryBytesMax)}, not {QueuedBytesMax}.");
        }

        if (SnapshotEveryBytes < 1)
        {
            errors.Add($"{nameof(SnapshotEveryBytes)} must be positive, not {SnapshotEveryBytes}.");
        }

        if (SnapshotEveryEntries < 1)
        {
            errors.Add($"{nameof(SnapshotEveryEntries)} must be positive, not {SnapshotEveryEntries}.");
        }

        return errors;
    }
}
