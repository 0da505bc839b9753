using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>Serves one Kafka API. One instance serves all connections.</summary>
internal interface IApiHandler
{
    ApiKey ApiKey { get; }

    /// <summary>The lowest version that is served (what ApiVersions says may differ: KAFKA-18659).</summary>
    short VersionMin { get; }

    short VersionMax { get; }

    RequestOrder Order { get; }

    /// <summary>
    /// Answers a request. The context's frame may be used until the answer is written. Everything whose order matters
    /// happens before the first await. Does not throw but on cancellation.
    /// </summary>
    ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request);
}
