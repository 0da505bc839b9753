namespace Spillway.Raft;

/// <summary>A replicated group as one node sees it.</summary>
/// <param name="Leadership">This node's role and who leads.</param>
/// <param name="CommitIndex">What is committed, as far as this node knows.</param>
/// <param name="LastIndex">The end of this node's log.</param>
/// <param name="Members">The members; lag is known on the leader only.</param>
public sealed record GroupStatus(
    LeadershipState Leadership, ulong CommitIndex, ulong LastIndex, IReadOnlyList<GroupMemberStatus> Members);
