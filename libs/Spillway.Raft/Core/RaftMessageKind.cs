namespace Spillway.Raft.Core;

/// <summary>What one node says to another. Spoken on the wire: numbers are never reused.</summary>
internal enum RaftMessageKind : byte
{
    /// <summary>Would you vote for me in the next term? Changes nothing at the receiver.</summary>
    PreVote = 1,

    /// <summary>The answer to <see cref="PreVote"/>.</summary>
    PreVoteReply = 2,

    /// <summary>A candidate asks for a vote in its term.</summary>
    Vote = 3,

    /// <summary>The answer to <see cref="Vote"/>; leaves only after the vote is durable.</summary>
    VoteReply = 4,

    /// <summary>Entries behind (<see cref="RaftMessage.Index"/>, <see cref="RaftMessage.LogTerm"/>), none as a probe.</summary>
    Append = 5,

    /// <summary>The answer to <see cref="Append"/>; leaves only after the entries are durable.</summary>
    AppendReply = 6,

    /// <summary>The leader lives; carries the commit index as far as the receiver has it, and a read round.</summary>
    Heartbeat = 7,

    /// <summary>The answer to <see cref="Heartbeat"/>, with its read round.</summary>
    HeartbeatReply = 8,

    /// <summary>The receiver's next entry is compacted away: fetch the snapshot (Index, LogTerm) from the sender.</summary>
    SnapshotOffer = 9,

    /// <summary>The receiver shall campaign at once, without asking for pre-votes: leadership is handed over.</summary>
    TimeoutNow = 10,
}
