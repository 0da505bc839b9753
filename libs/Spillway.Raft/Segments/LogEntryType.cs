namespace Spillway.Raft.Segments;

/// <summary>What an entry asks of the state. Persisted: numbers are never reused.</summary>
internal enum LogEntryType : byte
{
    /// <summary>Commands for the state machine, none or more; none is a new leader's first entry.</summary>
    Commands = 1,

    /// <summary>One change of membership, <see cref="Core.MemberChange"/>.</summary>
    Membership = 2,
}
