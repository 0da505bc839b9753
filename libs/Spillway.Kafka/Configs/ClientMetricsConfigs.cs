using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Spillway.Kafka.Errors;

namespace Spillway.Kafka.Configs;

/// <summary>The configs of a subscription of client metrics (KIP-714).</summary>
public static class ClientMetricsConfigs
{
    private const int IntervalMsMin = 100;
    private const int IntervalMsMax = 3_600_000;

    private static readonly ConfigTable Table = new("client metrics", "interval.ms=300000", (ConfigDefinition[])
    [
        new("metrics", ConfigType.List, "", "Prefixes of the names of the metrics that clients push; * for all of them.")
        {
            Rule = ConfigRule.DistinctList,
        },
        new("interval.ms", ConfigType.Int, "300000", "How often clients push them: from 100 to 3600000."),
        new("match", ConfigType.List, "", "Which clients push them: name=regular expression, all of which have to match.")
        {
            Rule = ConfigRule.DistinctList,
        },
    ]);

    /// <summary>What a client may be chosen by.</summary>
    public static readonly FrozenSet<string> MatchNames = new[]
    {
        "client_instance_id", "client_id", "client_software_name", "client_software_version", "client_source_address",
        "client_source_port",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All => Table.All;

    /// <summary>The definition of a config; null where Kafka has none of that name.</summary>
    public static ConfigDefinition? Find(string name) => Table.Find(name);

    /// <summary>Checks all configs of a subscription and gives Kafka's answer to what is wrong.</summary>
    public static (ErrorCode Error, string Message) Check(IReadOnlyDictionary<string, string> configs)
    {
        ArgumentNullException.ThrowIfNull(configs);
        foreach (var (name, value) in configs)
        {
            if (Find(name) is not { } config)
            {
                return (ErrorCode.InvalidRequest, $"Unknown client metrics configuration: {name}");
            }

            if (!config.TryValidate(value, out var error))
            {
                return (ErrorCode.InvalidConfig, error);
            }
        }

        if (configs.TryGetValue("interval.ms", out var interval)
            && ConfigValue.ToLong(interval.Trim()) is < IntervalMsMin or > IntervalMsMax)
        {
            return (ErrorCode.InvalidRequest,
                $"Invalid value {interval} for interval.ms, interval must be between 100 and 3600000 (1 hour)");
        }

        foreach (var pattern in ConfigValue.ToList(configs.GetValueOrDefault("match", "")))
        {
            if (!TryParseMatch(pattern, out _, out _))
            {
                return (ErrorCode.InvalidConfig, $"Illegal client matching pattern: {pattern}");
            }
        }

        return (ErrorCode.None, "");
    }

    /// <summary>The items of a value that is a list.</summary>
    public static IReadOnlyList<string> Items(string value) => ConfigValue.ToList(value);

    /// <summary>
    /// Takes a pattern of <c>match</c> apart. The expression is matched in time linear in the input, so it has no back references.
    /// </summary>
    public static bool TryParseMatch(string pattern, [NotNullWhen(true)] out string? name, [NotNullWhen(true)] out Regex? expression)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        (name, expression) = (null, null);
        if (pattern.Split('=') is not [var left, var right] || !MatchNames.Contains(left.Trim()))
        {
            return false;
        }

        try
        {
            expression = new Regex($@"\A(?:{right.Trim()})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            name = left.Trim();
            return true;
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
