using Spillway.Kafka.Configs;
using Spillway.Kafka.Records;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.Metadata.Topics;

/// <summary>
/// Broker configs under Kafka's own keys, as the operator set them for this process (<c>Spillway:Broker:num.partitions</c>).
/// What was set dynamically, for the whole cluster, goes before. Thread-safe.
/// </summary>
internal sealed class BrokerSettings
{
    public const string Section = "Spillway";

    private volatile Known? _known;

    /// <summary>By Kafka's key.</summary>
    public Dictionary<string, string> Broker { get; init; } = [];

    /// <summary>
    /// Both together, for what is the same for all brokers. Loops and calls ask at each step: what they get is parsed anew only for another
    /// instance of <paramref name="dynamic"/>, which nobody changes.
    /// </summary>
    public BrokerConfig With(IReadOnlyDictionary<string, string> dynamic)
    {
        var known = _known;
        if (known is null || !ReferenceEquals(known.Dynamic, dynamic))
        {
            _known = known = new Known(dynamic, AtStart.WithDynamic(dynamic));
        }

        return known.Config;
    }

    /// <summary>log.message.timestamp.type, as this process was started with.</summary>
    public bool IsLogAppendTime => AtStart.Value("log.message.timestamp.type") == nameof(TimestampType.LogAppendTime);

    private BrokerConfig AtStart => field ??= BrokerConfig.TryCreate(Broker, out var atStart, out _) ? atStart : BrokerConfig.Defaults;

    internal static void Validate(BrokerSettings settings, OptionsErrors errors)
    {
        foreach (var (key, value) in settings.Broker)
        {
            if (!BrokerConfigs.TryValidate(key, value, out var fault))
            {
                errors.Add($"{nameof(Broker)}:{key}", $"is wrong: {fault}", BrokerConfigs.Find(key)?.Default ?? "");
            }
        }
    }

    private sealed record Known(IReadOnlyDictionary<string, string> Dynamic, BrokerConfig Config);
}
