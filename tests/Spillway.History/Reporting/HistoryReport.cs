using System.Globalization;
using System.Text;

namespace Spillway.History.Reporting;

/// <summary>What a history shows.</summary>
public sealed class HistoryReport
{
    private readonly Dictionary<AnomalyKind, long> _counts = [];
    private readonly Dictionary<AnomalyKind, long> _allowedCounts = [];
    private readonly List<Anomaly> _anomalies = [];
    private readonly int _examplesMax;

    internal HistoryReport(int examplesMax) => _examplesMax = examplesMax;

    /// <summary>How often each thing went wrong.</summary>
    public IReadOnlyDictionary<AnomalyKind, long> Counts => _counts;

    /// <summary>How often each thing happened that Kafka allows with these clients.</summary>
    public IReadOnlyDictionary<AnomalyKind, long> AllowedCounts => _allowedCounts;

    /// <summary>The first few of each kind.</summary>
    public IReadOnlyList<Anomaly> Anomalies => _anomalies;

    /// <summary>Whether nothing went wrong.</summary>
    public bool IsClean => _counts.Count == 0;

    /// <summary>Whether the history has its final phase, without which unread values say nothing.</summary>
    public bool HasFinal { get; internal set; }

    public HistoryStatistics Statistics { get; } = new();

    /// <summary>One line: operations, records, faults by kind, anomalies.</summary>
    public string Summary()
    {
        var s = Statistics;
        var line = new StringBuilder();
        Append($"{s.OperationCount} operations ({s.OkCount} ok, {s.FailCount} fail, {s.InfoCount} info), ");
        Append($"{s.RecordsAcked} records acknowledged, {s.RecordsPolled} polled, {s.SecondsCovered:0} s; ");
        Append($"faults: {s.Faults.Values.Sum()}{List(s.Faults)}; errors: {s.Errors.Values.Sum()}{List(s.Errors)}; ");
        Append($"lag: p99 {s.LagPercentile(0.99).TotalSeconds:0.0} s, worst {s.WorstLag.TotalSeconds:0.0} s, ");
        Append($"after heal {s.WorstLagAfterHeal.TotalSeconds:0.0} s; ");
        Append($"anomalies: {_counts.Values.Sum()}{List(_counts)}");
        return line.ToString();

        void Append(FormattableString part) => line.Append(part.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The summary and the examples.</summary>
    public override string ToString() => string.Join('\n', [Summary(), .. _anomalies.Select(static anomaly => "  " + anomaly)]);

    internal void Add(AnomalyKind kind, string key, long line, string details)
    {
        var count = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        if (count <= _examplesMax)
        {
            _anomalies.Add(new Anomaly(kind, key, line, details));
        }
    }

    internal void AddAllowed(AnomalyKind kind) => _allowedCounts[kind] = _allowedCounts.GetValueOrDefault(kind) + 1;

    private static string List<T>(IReadOnlyDictionary<T, long> counts)
        where T : notnull =>
        counts.Count == 0
            ? ""
            : $" ({string.Join(", ", counts.Select(static pair => $"{pair.Key} {pair.Value}").Order(StringComparer.Ordinal))})";
}
