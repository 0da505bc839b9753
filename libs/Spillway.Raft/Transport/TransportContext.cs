using Microsoft.Extensions.Logging;

namespace Spillway.Raft.Transport;

/// <summary>What every part of one node's transport needs.</summary>
/// <param name="Options">The settings.</param>
/// <param name="NodeId">This node.</param>
/// <param name="Time">Measures time-outs.</param>
/// <param name="Logger">Where life events go.</param>
/// <param name="Metrics">The instruments.</param>
internal sealed record TransportContext(
    RaftTransportOptions Options,
    ulong NodeId,
    TimeProvider Time,
    ILogger Logger,
    RaftTransportMetrics Metrics)
{
    /// <summary>For TLS, read when the transport starts; null without.</summary>
    public RaftCertificates? Certificates { get; set; }

    /// <summary>The cluster this node belongs to; known once the log has recovered, which is before the transport starts.</summary>
    public Guid ClusterId { get; set; }

    /// <summary>Where this node says it can be reached; known once it listens.</summary>
    public string AdvertisedAddress { get; set; } = Options.AdvertisedAddress;
}
