using Spillway.Kafka.Configs;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.ProtocolFrontend;

/// <summary>Broker configs as the operator set them for this process: section <c>Spillway:Broker</c>.</summary>
internal sealed class BrokerSettingsOptions
{
    public const string Section = "Spillway";

    /// <summary>By Kafka's key, for example <c>num.partitions</c>.</summary>
    public Dictionary<string, string> Broker { get; init; } = [];

    internal static void Validate(BrokerSettingsOptions options, OptionsErrors errors)
    {
        foreach (var (key, value) in options.Broker)
        {
            if (!BrokerConfigs.TryValidate(key, value, out var error))
            {
                errors.Add($"{nameof(Broker)}:{key}", error, "num.partitions=4");
            }
        }
    }
}
