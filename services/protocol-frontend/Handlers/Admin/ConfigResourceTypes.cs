namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>Kafka's kinds of config resources, as the wire numbers them.</summary>
internal static class ConfigResourceTypes
{
    public const sbyte Topic = 2;

    public const sbyte Broker = 4;
}
