namespace Spillway.Raft;

/// <summary>Who leads, as one node sees it.</summary>
/// <param name="Role">This node's role.</param>
/// <param name="Term">The term the view belongs to.</param>
/// <param name="LeaderId">The leader's node id; 0 when none is known.</param>
/// <param name="LeaderAddress">Where the leader can be reached, where that is known: a hint, not a promise.</param>
public sealed record LeadershipState(RaftRole Role, ulong Term, ulong LeaderId, string? LeaderAddress)
{
    /// <summary>The view of a node that has not started or has stopped.</summary>
    public static LeadershipState None { get; } = new(RaftRole.Follower, 0, 0, null);

    /// <summary>Whether this node leads.</summary>
    public bool IsLeader => Role == RaftRole.Leader;
}
