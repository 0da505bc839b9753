namespace Spillway.Raft.Snapshots;

/// <summary>A member of the group at the snapshot's index.</summary>
internal sealed record SnapshotMember(ulong NodeId, bool Voter, string Address);
