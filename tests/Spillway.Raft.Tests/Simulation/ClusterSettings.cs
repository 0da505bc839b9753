using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>The log's settings in one simulation: small, so that segments roll and snapshots happen all the time.</summary>
internal sealed class ClusterSettings(Random random, int founders, bool keepsLog)
{
    private static readonly Guid ClusterId = new("5e1f0000-0000-4000-8000-000000000001");

    private readonly int _entryBytesMax = 1_024 + random.Next(3_000);
    private readonly int _segmentBytesMore = random.Next(60_000);
    private readonly int _messageBytesMax = 200 << random.Next(8);
    private readonly int _inFlightMessagesMax = 1 << random.Next(6);
    private readonly int _uncommittedBytesMax = 20_000 << random.Next(8);
    private readonly int _snapshotEveryBytes = keepsLog ? 100_000_000 : 10_000 + random.Next(100_000);

    public TimeSpan TickInterval { get; } = TimeSpan.FromMilliseconds(50);

    public int SnapshotEveryEntries { get; } = keepsLog ? 1_000_000 : 20 + random.Next(400);

    public int TrailingEntries { get; } = random.Next(60);

    public IReadOnlyList<GroupMember> Founders { get; } =
        [.. Enumerable.Range(1, founders).Select(static id => new GroupMember(
            (ulong)id, Voter: true, SimulatedNode.AddressOf((ulong)id), $"service-{id}"))];

    /// <summary>What a core may keep when all is well: up to the next snapshot, and behind the last one.</summary>
    public ulong EntriesKeptMax => (ulong)(2 * (SnapshotEveryEntries + TrailingEntries)) + 50;

    /// <summary>Small messages and windows, so that catching up takes many: much can happen in between.</summary>
    public RaftCoreOptions Narrow(RaftCoreOptions options) => options with
    {
        MessageBytesMax = _messageBytesMax,
        InFlightMessagesMax = _inFlightMessagesMax,
        UncommittedBytesMax = _uncommittedBytesMax,
    };

    public ReplicatedLogOptions For(SimulatedNode node) => new()
    {
        Folder = "/forgetful",
        NodeId = node.Id,
        Address = SimulatedNode.AddressOf(node.Id),
        ServiceAddress = $"service-{node.Id}",
        ClusterId = ClusterId,
        InitialVoters = node.IsFounder ? Founders : [],
        Join = !node.IsFounder,
        TickInterval = TickInterval,
        EntryBytesMax = _entryBytesMax,
        SegmentBytes = 20_480 + (2 * _entryBytesMax) + _segmentBytesMore,
        QueuedBytesMax = 4 * _entryBytesMax,
        SnapshotEveryEntries = SnapshotEveryEntries,
        SnapshotEveryBytes = _snapshotEveryBytes,
        TrailingEntries = TrailingEntries,
    };
}
