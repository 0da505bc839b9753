namespace Spillway.FaultProxy;

/// <summary>How one direction of a link behaves. The default is a perfect wire.</summary>
public sealed record LinkConditions
{
    public static LinkConditions Perfect { get; } = new();

    public LinkFlow Flow { get; init; }

    /// <summary>The time that each byte takes longer.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Up to this is added to it, anew for each piece read. Bytes of one connection stay in order.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>
    /// Up to this is added to it, one amount a connection: what was sent later on one connection arrives before what was sent earlier on
    /// another.
    /// </summary>
    public TimeSpan ConnectionLatencyMax { get; init; }

    /// <summary>Bytes a second that all connections have together; null for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    internal bool IsPlain =>
        Flow == LinkFlow.Pass
        && Latency == TimeSpan.Zero
        && Jitter == TimeSpan.Zero
        && ConnectionLatencyMax == TimeSpan.Zero
        && BytesPerSecond is null;
}
