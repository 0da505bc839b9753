namespace Spillway.Raft.Core;

/// <summary>How a leader sends entries to a member.</summary>
internal enum PeerState
{
    /// <summary>Where the logs agree is not known: one message at a time, until one is taken.</summary>
    Probe,

    /// <summary>The logs agree: messages follow each other without waiting for replies, as far as the window goes.</summary>
    Replicate,

    /// <summary>The entries it needs are compacted away: it was offered a snapshot.</summary>
    Snapshot,
}
