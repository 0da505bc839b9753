namespace Spillway.Raft.Snapshots;

/// <summary>The place in the log that a snapshot stands for: everything up to and with this entry.</summary>
internal readonly record struct SnapshotId(ulong Index, ulong Term);
