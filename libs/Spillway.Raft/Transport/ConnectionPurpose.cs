namespace Spillway.Raft.Transport;

/// <summary>What a connection is for. Spoken on the wire: numbers are never reused.</summary>
internal enum ConnectionPurpose : byte
{
    /// <summary>Messages, from the node that connects to the one that accepts.</summary>
    Messages = 1,

    /// <summary>One snapshot file, from the node that accepts to the one that connects.</summary>
    Snapshot = 2,
}
