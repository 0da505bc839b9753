using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Core;

/// <summary>What a node remembered, as its core starts from it.</summary>
/// <param name="HardState">Term, vote and commit, commit clamped to what is there.</param>
/// <param name="Snapshot">Everything up to there is in the state; (0, 0) for none.</param>
/// <param name="Membership">As of the snapshot.</param>
/// <param name="Entries">Behind the snapshot, without a gap.</param>
internal sealed record RaftCoreState(
    HardState HardState, SnapshotId Snapshot, Membership Membership, IReadOnlyList<RaftEntry> Entries);
