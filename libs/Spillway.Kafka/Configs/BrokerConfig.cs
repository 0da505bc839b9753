using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>
/// The broker configs of a running service: what was set for this broker while it runs, else for all brokers, else at its start, else
/// Kafka's defaults (KIP-226). Immutable.
/// </summary>
public sealed class BrokerConfig
{
    private static readonly FrozenDictionary<string, string> Nothing = FrozenDictionary<string, string>.Empty;

    // The strongest first.
    private readonly (ConfigSource Source, FrozenDictionary<string, string> Values)[] _layers;

    private BrokerConfig(
        FrozenDictionary<string, string> ofBroker, FrozenDictionary<string, string> ofAll, FrozenDictionary<string, string> atStart) =>
        _layers =
        [
            (ConfigSource.DynamicBroker, ofBroker),
            (ConfigSource.DynamicDefaultBroker, ofAll),
            (ConfigSource.StaticBroker, atStart),
        ];

    /// <summary>Kafka's defaults.</summary>
    public static BrokerConfig Defaults { get; } = new(Nothing, Nothing, Nothing);

    /// <summary>num.partitions.</summary>
    public int NumPartitions => Int("num.partitions");

    /// <summary>auto.create.topics.enable.</summary>
    public bool AutoCreateTopicsEnable => Bool("auto.create.topics.enable");

    /// <summary>delete.topic.enable.</summary>
    public bool DeleteTopicEnable => Bool("delete.topic.enable");

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
        config = found.Count == 0 ? new BrokerConfig(Nothing, Nothing, values.ToFrozenDictionary(StringComparer.Ordinal)) : null;
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

    /// <summary>
    /// The same settings with others set while the broker runs, for all brokers and for this one. What this version does not know
    /// or take is left out: it was found valid where it was set, maybe by a newer version.
    /// </summary>
    public BrokerConfig WithDynamic(
        IEnumerable<KeyValuePair<string, string>> ofAllBrokers, IEnumerable<KeyValuePair<string, string>>? ofThisBroker = null) =>
        new(Known(ofThisBroker ?? []), Known(ofAllBrokers), _layers[^1].Values);

    /// <summary>Whether it was set.</summary>
    public bool IsSet(string name) => Array.Exists(_layers, layer => layer.Values.ContainsKey(name));

    /// <summary>The value as text; null where nothing was set and there is no default.</summary>
    public string? Value(string name)
    {
        foreach (var (_, values) in _layers)
        {
            if (values.TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return BrokerConfigs.Get(name).Default;
    }

    /// <summary>Where the value comes from.</summary>
    public ConfigSource Source(string name)
    {
        foreach (var (source, values) in _layers)
        {
            if (values.ContainsKey(name))
            {
                return source;
            }
        }

        return ConfigSource.Default;
    }

    /// <summary>
    /// Every place the value of a broker config may come from, the one that counts first, as DescribeConfigs lists them: the config under
    /// its other units included, none before what is set under its own name.
    /// </summary>
    public IReadOnlyList<ConfigSynonym> Synonyms(string name)
    {
        var names = BrokerSynonyms.Of(name);
        var synonyms = new List<ConfigSynonym>();
        foreach (var (source, values) in _layers)
        {
            foreach (var synonym in names)
            {
                if (values.TryGetValue(synonym, out var value))
                {
                    synonyms.Add(new ConfigSynonym(synonym, value, source));
                }
            }
        }

        foreach (var synonym in names)
        {
            if (BrokerConfigs.Get(synonym).Default is { } value)
            {
                synonyms.Add(new ConfigSynonym(synonym, value, ConfigSource.Default));
            }
        }

        return [.. synonyms.SkipWhile(synonym => !string.Equals(synonym.Name, name, StringComparison.Ordinal))];
    }

    /// <summary>What was set for all brokers while they run.</summary>
    public IReadOnlyDictionary<string, string> DynamicDefaults => _layers[1].Values;

    /// <summary>The value of a config that is a number of at most 32 bits.</summary>
    public int Int(string name) => checked((int)Long(name));

    /// <summary>The value of a config that is a number.</summary>
    public long Long(string name) => ConfigValue.ToLong(Value(name)!);

    /// <summary>The value of a config that is a number with a fraction.</summary>
    public double Double(string name) => ConfigValue.ToDouble(Value(name)!);

    /// <summary>The value of a config that is true or false.</summary>
    public bool Bool(string name) => bool.Parse(Value(name)!);

    /// <summary>The value of a config that is a number of milliseconds; what no time span holds is the longest one.</summary>
    public TimeSpan Milliseconds(string name) =>
        TimeSpan.FromTicks((long)Int128.Clamp((Int128)Long(name) * TimeSpan.TicksPerMillisecond, long.MinValue, long.MaxValue));

    private static FrozenDictionary<string, string> Known(IEnumerable<KeyValuePair<string, string>> settings) => settings
        .Where(static setting => BrokerConfigs.TryValidate(setting.Key, setting.Value, out _))
        .ToFrozenDictionary(static setting => setting.Key, static setting => setting.Value.Trim(), StringComparer.Ordinal);
}
