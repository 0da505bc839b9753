namespace Spillway.Raft.Transport;

/// <summary>The answer to a greeting. Spoken on the wire: numbers are never reused.</summary>
internal enum HandshakeStatus : byte
{
    Welcome = 1,

    /// <summary>The greeting's protocol version is not spoken here.</summary>
    UnknownVersion = 2,

    WrongCluster = 3,

    /// <summary>Another node than the one that was expected listens here.</summary>
    WrongNode = 4,

    /// <summary>The certificate does not name the node and cluster that the greeting claims.</summary>
    WrongCertificate = 5,

    /// <summary>The greeting's node was removed from the group; its id is not used again. With the applied index.</summary>
    Removed = 6,

    /// <summary>There is no snapshot as new as the one asked for.</summary>
    NoSnapshot = 7,

    /// <summary>As many snapshots are being served as may be.</summary>
    Busy = 8,
}
