namespace Spillway.Raft.Core;

/// <summary>What need not be remembered: a node's role and whom it takes for the leader (0 nobody).</summary>
internal readonly record struct SoftState(RaftRole Role, ulong LeaderId);
