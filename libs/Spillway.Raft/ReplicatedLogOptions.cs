namespace Spillway.Raft;

/// <summary>Settings of one node's replicated log.</summary>
public sealed class ReplicatedLogOptions
{
    /// <summary>Folder of log, snapshots and identity; no default: it must be one this node owns alone.</summary>
    public string Folder { get; init; } = "";

    /// <summary>
    /// This node's id in its group, 1 or more, never reused: a node that lost its folder comes back under a new one.
    /// Default 1, the embedded node's.
    /// </summary>
    public ulong NodeId { get; init; } = 1;

    /// <summary>Host and port of this node's Raft transport, as the others reach it. Default none: a group of one.</summary>
    public string Address { get; init; } = "";

    /// <summary>Where this node's service answers; handed out as the leader hint. Default none.</summary>
    public string ServiceAddress { get; init; } = "";

    /// <summary>
    /// The cluster this node belongs to. A folder of another cluster is refused. Default none: take the folder's, and
    /// draw one for an empty folder; a group of more than one node needs it.
    /// </summary>
    public Guid? ClusterId { get; init; }

    /// <summary>
    /// The voters of a new group, this node among them, the same list on each of them. Looked at only while the folder is
    /// empty. Default none: this node alone, unless it joins.
    /// </summary>
    public IReadOnlyList<GroupMember> InitialVoters { get; init; } = [];

    /// <summary>
    /// An empty folder waits to be added to a group that exists, and never founds one. Default false. Set it on every
    /// node but those that found the group, and on those too once the group is founded: then a founder whose folder was
    /// lost can't found it a second time and vote again where it has voted already.
    /// </summary>
    public bool Join { get; init; }

    /// <summary>
    /// Writes the state that a new group begins with, as a snapshot of it; called on the log's thread while the folder is empty, and again
    /// where a start before it did not come to its end. Only of a node that begins alone: several founders would have to write the same.
    /// What it throws fails the start. Default none: the state as it is made.
    /// </summary>
    public Action<Stream>? WriteFirstState { get; init; }

    /// <summary>One tick of the clock, 1 ms to 10 s. Default 50 ms.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Ticks without a leader after which an election is due, drawn from one to two times this; 3 to 1,000. Default 10.</summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>Ticks between two heartbeats, 1 to a third of <see cref="ElectionTicks"/>. Default 1.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>How long a leader that stops tries to hand leadership over, 0 to 1 min. Default 2 s.</summary>
    public TimeSpan HandOverTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of a log segment, preallocated. Default 64 MiB: rolls are rare, old ones go soon.</summary>
    public long SegmentBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Bytes of commands in one entry, and so of the largest command. Default 1 MiB: keeps a flush and a message short.
    /// </summary>
    public int EntryBytesMax { get; init; } = 1 << 20;

    /// <summary>Bytes of commands that may wait for the log. Default 64 MiB; past it proposals are refused.</summary>
    public long QueuedBytesMax { get; init; } = 64 << 20;

    /// <summary>Log bytes after which a snapshot is due. Default 16 MiB: replay stays well below a second.</summary>
    public long SnapshotEveryBytes { get; init; } = 16 << 20;

    /// <summary>Entries after which a snapshot is due. Default 10,000, for the same reason.</summary>
    public int SnapshotEveryEntries { get; init; } = 10_000;

    /// <summary>
    /// Entries that stay in memory behind a snapshot, so that a follower a little behind needs no snapshot. Default 2,000.
    /// </summary>
    public int TrailingEntries { get; init; } = 2_000;

    /// <summary>Bytes that they may have together. Default 8 MiB.</summary>
    public long TrailingBytes { get; init; } = 8 << 20;

    /// <summary>Everything that is wrong with the values, each with its setting's name.</summary>
    /// <returns>The errors; empty when all is well.</returns>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Require(errors, !string.IsNullOrWhiteSpace(Folder), nameof(Folder), "must name a folder.");
        Require(errors, NodeId != 0, nameof(NodeId), "must be 1 or more; 0 means no node.");
        Require(errors, ClusterId != Guid.Empty, nameof(ClusterId),
            "must not be the empty GUID; leave it out to take the folder's.");
        ValidateGroup(errors);
        Require(errors, TickInterval >= TimeSpan.FromMilliseconds(1) && TickInterval <= TimeSpan.FromSeconds(10),
            nameof(TickInterval), $"must lie between 1 ms and 10 s, not {TickInterval:c}.");
        Require(errors, ElectionTicks is >= 3 and <= 1000, nameof(ElectionTicks),
            $"must lie between 3 and 1000, not {ElectionTicks}.");
        Require(errors, HeartbeatTicks >= 1 && HeartbeatTicks <= ElectionTicks / 3, nameof(HeartbeatTicks),
            $"must lie between 1 and a third of {nameof(ElectionTicks)}, not {HeartbeatTicks}.");
        Require(errors, HandOverTimeout >= TimeSpan.Zero && HandOverTimeout <= TimeSpan.FromMinutes(1),
            nameof(HandOverTimeout), $"must lie between 0 and 1 min, not {HandOverTimeout:c}.");
        Require(errors, EntryBytesMax is >= 1024 and <= 16 << 20, nameof(EntryBytesMax),
            $"must lie between 1 KiB and 16 MiB, not {EntryBytesMax}.");
        Require(errors, SegmentBytes >= 2L * EntryBytesMax + 16_384 && SegmentBytes <= 1L << 30, nameof(SegmentBytes),
            $"must lie between twice {nameof(EntryBytesMax)} plus 16 KiB and 1 GiB, not {SegmentBytes}.");
        Require(errors, QueuedBytesMax >= EntryBytesMax, nameof(QueuedBytesMax),
            $"must be at least {nameof(EntryBytesMax)}, not {QueuedBytesMax}.");
        Require(errors, SnapshotEveryBytes >= 1, nameof(SnapshotEveryBytes),
            $"must be positive, not {SnapshotEveryBytes}.");
        Require(errors, SnapshotEveryEntries >= 1, nameof(SnapshotEveryEntries),
            $"must be positive, not {SnapshotEveryEntries}.");
        Require(errors, TrailingEntries >= 0, nameof(TrailingEntries), $"must not be negative, as {TrailingEntries} is.");
        Require(errors, TrailingBytes >= 0, nameof(TrailingBytes), $"must not be negative, as {TrailingBytes} is.");
        return errors;
    }

    private void ValidateGroup(List<string> errors)
    {
        var founders = InitialVoters;
        Require(errors, founders.Count == 0 || founders.Any(member => member.NodeId == NodeId), nameof(InitialVoters),
            $"must name this node, {NodeId}, among the others.");
        Require(errors, founders.All(static member => member.NodeId != 0 && member.Voter)
                && founders.Select(static member => member.NodeId).Distinct().Count() == founders.Count,
            nameof(InitialVoters), "must name voters, each once and by an id from 1.");
        Require(errors, founders.Count < 2 || founders.All(static member => member.Address.Length > 0),
            nameof(InitialVoters), "must say where each of several voters is reached.");
        Require(errors, (founders.Count < 2 && !Join) || ClusterId is not null, nameof(ClusterId),
            "must be given to a group of several nodes.");
        Require(errors, WriteFirstState is null || (founders.Count < 2 && !Join), nameof(WriteFirstState),
            "must not be given to a node that does not begin alone.");
        Require(errors, !Join || Address.Length > 0, nameof(Address), "must say where a node that joins is reached.");
    }

    private static void Require(List<string> errors, bool condition, string setting, string what)
    {
        if (!condition)
        {
            errors.Add($"{setting} {what}");
        }
    }
}
