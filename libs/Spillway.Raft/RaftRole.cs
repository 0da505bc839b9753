namespace Spillway.Raft;

/// <summary>What a node is in its group at the moment.</summary>
public enum RaftRole
{
    /// <summary>Follows a leader, or knows none.</summary>
    Follower,

    /// <summary>Stands for election.</summary>
    Candidate,

    /// <summary>Takes proposals.</summary>
    Leader,

    /// <summary>Receives the log without a vote.</summary>
    Learner,
}
