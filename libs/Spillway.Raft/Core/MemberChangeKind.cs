namespace Spillway.Raft.Core;

/// <summary>What a change of membership does. Persisted: numbers are never reused.</summary>
internal enum MemberChangeKind : byte
{
    /// <summary>A new node receives the log without a vote; a known one gets a new address. Refused for a voter.</summary>
    AddLearner = 1,

    /// <summary>A learner gets its vote.</summary>
    Promote = 2,

    /// <summary>A voter keeps receiving the log without a vote. Refused for the last voter.</summary>
    Demote = 3,

    /// <summary>A node leaves for good; its id is never used again. Refused for the last voter.</summary>
    Remove = 4,

    /// <summary>A member is reached elsewhere from now on; whether it has a vote stays as it is.</summary>
    Readdress = 5,
}
