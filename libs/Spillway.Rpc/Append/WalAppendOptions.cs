namespace Spillway.Rpc.Append;

/// <summary>The bounds of one append stream at the writer.</summary>
public sealed class WalAppendOptions
{
    /// <summary>The largest request in bytes; 101 MiB by default: Kafka's socket.request.max.bytes and room for the header.</summary>
    public int MessageBytesMax { get; init; } = 101 << 20;

    /// <summary>
    /// Bytes that are read and not yet answered; past it the stream is not read. 64 MiB by default: a tenth of a second of
    /// a saturated volume. One request is always let in.
    /// </summary>
    public long InFlightBytesMax { get; init; } = 64 << 20;

    /// <summary>
    /// How long a request may take from its length to its last byte, 30 s by default: 100 MiB at 3.5 MB/s. Room is held for it meanwhile,
    /// which a sender that stopped must not keep from others.
    /// </summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that are read and not yet answered; 4,096 by default, so that small ones are bounded too.</summary>
    public int InFlightRequestsMax { get; init; } = 4096;
}
