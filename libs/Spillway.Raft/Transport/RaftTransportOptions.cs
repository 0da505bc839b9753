namespace Spillway.Raft.Transport;

/// <summary>Settings of the connections between the nodes of a group.</summary>
public sealed class RaftTransportOptions
{
    /// <summary>The IP address to listen on. Default 127.0.0.1.</summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>The TCP port to listen on, 0 for any free one. Default 0.</summary>
    public int ListenPort { get; init; }

    /// <summary>
    /// Host and port by which the others reach this node; told in each greeting, so that they can answer before a membership
    /// names it. Default empty: the address and port listened on.
    /// </summary>
    public string AdvertisedAddress { get; init; } = "";

    /// <summary>Host and port by node id, instead of what the membership says: for a node behind a translated address. Default none.</summary>
    public IReadOnlyDictionary<ulong, string> PeerAddresses { get; init; } = new Dictionary<ulong, string>();

    /// <summary>Certificates, for mutual TLS. Default none: plain TCP, for a network of one's own.</summary>
    public RaftTlsOptions? Tls { get; init; }

    /// <summary>How long a greeting may take, connecting and TLS included. Default 3 s: a lost SYN is sent again after one.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often the accepting side of a connection shows that it lives. Default 500 ms.</summary>
    public TimeSpan BeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// After this much silence of the accepting side the connection is dropped and made anew. Default 2 s: after a cut TCP itself
    /// waits ever longer before it tries again, and the cut may be over.
    /// </summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait between two attempts to connect. Default 1 s; the first one is 50 ms.</summary>
    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of messages that may wait for a node; past it the oldest go. Default 48 MiB: more than a full window.</summary>
    public long QueuedBytesMax { get; init; } = 48 << 20;

    /// <summary>The largest message in bytes, read or sent. Default 18 MiB: the largest entry there can be, and what comes with it.</summary>
    public int MessageBytesMax { get; init; } = 18 << 20;

    /// <summary>Bytes per second at which a snapshot is served to one node. Default 128 MiB/s: the log's own messages need room.</summary>
    public long SnapshotBytesPerSecond { get; init; } = 128 << 20;

    /// <summary>The largest snapshot file to fetch, in bytes. Default 64 GiB.</summary>
    public long SnapshotBytesMax { get; init; } = 64L << 30;

    /// <summary>How long one piece of a snapshot may take to be sent or to come. Default 15 s.</summary>
    public TimeSpan SnapshotStallMax { get; init; } = TimeSpan.FromSeconds(15);
}
