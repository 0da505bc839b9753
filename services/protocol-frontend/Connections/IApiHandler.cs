using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>Serves one Kafka API, as an <see cref="IMessageHandler"/> or an <see cref="IFrameHandler"/>. One instance serves all connections.</summary>
internal interface IApiHandler
{
    ApiKey ApiKey { get; }

    /// <summary>The lowest version that is served (what ApiVersions says may differ: KAFKA-18659).</summary>
    short VersionMin { get; }

    short VersionMax { get; }
}
