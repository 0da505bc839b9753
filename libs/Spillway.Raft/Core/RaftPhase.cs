namespace Spillway.Raft.Core;

/// <summary>What a core does; <see cref="RaftRole"/> is what others are told of it.</summary>
internal enum RaftPhase
{
    Follower,

    /// <summary>Asks whether it would be elected.</summary>
    PreCandidate,

    Candidate,

    Leader,
}
