namespace Spillway.Raft;

/// <summary>A member of a replicated group.</summary>
/// <param name="NodeId">Its id, 1 or more, never reused.</param>
/// <param name="Voter">Whether it votes; else it is a learner, which only receives the log.</param>
/// <param name="Address">Host and port of its Raft transport; empty for a group of one without a transport.</param>
/// <param name="ServiceAddress">Where its service answers, handed out as the leader hint; may be empty.</param>
public sealed record GroupMember(ulong NodeId, bool Voter, string Address, string ServiceAddress);
