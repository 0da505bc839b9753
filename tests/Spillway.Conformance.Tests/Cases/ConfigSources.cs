namespace Spillway.Conformance.Tests.Cases;

/// <summary>Where a config's value comes from, as the wire numbers it (KIP-226, KIP-848).</summary>
internal static class ConfigSources
{
    public const sbyte Topic = 1;

    public const sbyte Broker = 2;

    public const sbyte DefaultBroker = 3;

    public const sbyte StaticBroker = 4;

    public const sbyte Default = 5;

    public const sbyte Group = 8;
}
