using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>The broker configs of a running service: what was set at its start, else Kafka's defaults. Immutable.</summary>
public sealed class BrokerConfig
{
    private readonly FrozenDictionary<string, string> _settings;

    private BrokerConfig(FrozenDictionary<string, string> settings) => _settings = settings;

    /// <summary>Kafka's defaults.</summary>
    public static BrokerConfig Defaults { get; } = new(FrozenDictionary<string, string>.Empty);

    /// <summary>num.partitions.</summary>
    public int NumPartitions => Int("num.partitions");

    /// <summary>auto.create.topics.enable.</summary>
    public bool AutoCreateTopicsEnable => Bool("auto.create.topics.enable");

    /// <summary>delete.topic.enable.</summary>
    public bool DeleteTopicEnable => Bool("delete.topic.enable");

    /// <summary>What was set, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings => _settings;

    /// <summary>
    /// Checks all settings and reports all that is wrong with them, a line each; the last of a repeated key counts.
    /// </summary>
    public static bool TryCreate(
        IEnumerable<KeyValuePair<string, string>> settings,
        [NotNullWhen(true)] out BrokerConfig? config,
        out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var found = new List<string>();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in settings)
        {
            if (BrokerConfigs.TryValidate(name, value, out var error))
            {
                values[name] = value.Trim();
            }
            else
            {
                found.Add(error);
            }
        }

        errors = found;
        config = found.Count == 0 ? new BrokerConfig(values.ToFrozenDictionary(StringComparer.Ordinal)) : null;
        return config is not null;
    }

    /// <summary>Takes a command line's key=value apart; false where there is no key.</summary>
    public static bool TryParseSetting(string setting, out KeyValuePair<string, string> parsed)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        parsed = equals > 0 ? new(setting[..equals].Trim(), setting[(equals + 1)..]) : default;
        return equals > 0;
    }

    /// <summary>Whether it was set.</summary>
    public bool IsSet(string name) => _settings.ContainsKey(name);

    /// <summary>The value as text; null where nothing was set and there is no default.</summary>
    public string? Value(string name) => _settings.GetValueOrDefault(name) ?? BrokerConfigs.Get(name).Default;

    /// <summary>Where the value comes from.</summary>
    public ConfigSource Source(string name) => IsSet(name) ? ConfigSource.StaticBroker : ConfigSource.Default;

    /// <summary>The value of a config that is a number of at most 32 bits.</summary>
    public int Int(string name) => checked((int)Long(name));

    /// <summary>The value of a config that is a number.</summary>
    public long Long(string name) => ConfigValue.ToLong(Value(name)!);

    /// <summary>The value of a config that is true or false.</summary>
    public bool Bool(string name) => bool.Parse(Value(name)!);

    /// <summary>The value of a config that is a number of milliseconds; what no time span holds is the longest one.</summary>
    public TimeSpan Milliseconds(string name) =>
        TimeSpan.FromTicks((long)Int128.Clamp((Int128)Long(name) * TimeSpan.TicksPerMillisecond, long.MinValue, long.MaxValue));
}
