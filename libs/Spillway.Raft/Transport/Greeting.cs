using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Transport;

/// <summary>What a node says first on a connection that it makes.</summary>
/// <param name="Purpose">What the connection is for.</param>
/// <param name="ClusterId">The cluster that both must belong to.</param>
/// <param name="From">Who connects.</param>
/// <param name="To">Whom it expects here.</param>
/// <param name="Snapshot">The oldest snapshot it takes; (0, 0) on other connections.</param>
/// <param name="Address">Where it can be reached itself.</param>
internal sealed record Greeting(
    ConnectionPurpose Purpose, Guid ClusterId, ulong From, ulong To, SnapshotId Snapshot, string Address);
