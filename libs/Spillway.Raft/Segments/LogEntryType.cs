namespace Spillway.Raft.Segments;

/// <summary>What an entry asks of the state. Persisted: numbers are never reused.</summary>
internal enum LogEntryType : byte
{
    /// <summary>Commands for the state machine, none or more; none is a new leader's first entry.</summary>
    Commands = 1,

    // 2 is kept for changes of membership.
}
