using System.Text.RegularExpressions;
using Spillway.Kafka.Configs;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>One CLIENT_METRICS resource: which metrics which clients push, and how often. Immutable.</summary>
internal sealed class TelemetrySubscription
{
    private readonly List<(string Name, Regex Expression)> _matches = [];

    public TelemetrySubscription(IReadOnlyDictionary<string, string> configs)
    {
        Metrics = ClientMetricsConfigs.Items(Value(configs, "metrics"));
        PushIntervalMs = int.Parse(Value(configs, "interval.ms"), System.Globalization.CultureInfo.InvariantCulture);
        foreach (var pattern in ClientMetricsConfigs.Items(Value(configs, "match")))
        {
            if (ClientMetricsConfigs.TryParseMatch(pattern, out var name, out var expression))
            {
                _matches.Add((name, expression));
            }
        }
    }

    /// <summary>Prefixes of names; * for all.</summary>
    public IReadOnlyList<string> Metrics { get; }

    public int PushIntervalMs { get; }

    /// <summary>All patterns match; none match everybody.</summary>
    public bool Matches(TelemetryClientTraits client) =>
        _matches.TrueForAll(match => client.Value(match.Name) is { } value && match.Expression.IsMatch(value));

    private static string Value(IReadOnlyDictionary<string, string> configs, string name) =>
        (configs.GetValueOrDefault(name) ?? ClientMetricsConfigs.Find(name)!.Default!).Trim();
}
