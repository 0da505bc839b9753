using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>Kafka's kinds of config resources, as the wire numbers them.</summary>
internal static class ConfigResourceTypes
{
    public const sbyte Topic = 2;

    public const sbyte Broker = 4;

    /// <summary>The levels of a broker's logs (KIP-412). Not kept by metadata.</summary>
    public const sbyte BrokerLogger = 8;

    /// <summary>Subscriptions of client metrics (KIP-714).</summary>
    public const sbyte ClientMetrics = 16;

    public const sbyte Group = 32;

    /// <summary>The kind that metadata keeps configs of; unspecified for anything else.</summary>
    public static ConfigResourceKind KindOf(sbyte type) => type switch
    {
        Topic => ConfigResourceKind.Topic,
        Broker => ConfigResourceKind.Broker,
        ClientMetrics => ConfigResourceKind.ClientMetrics,
        Group => ConfigResourceKind.Group,
        _ => ConfigResourceKind.Unspecified,
    };
}
