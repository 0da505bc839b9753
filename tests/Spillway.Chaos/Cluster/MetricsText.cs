using System.Globalization;

namespace Spillway.Chaos.Cluster;

/// <summary>What a service says at /metrics.</summary>
internal sealed class MetricsText(string text)
{
    /// <summary>The sum of a metric's series whose line holds a text; NaN where there is none.</summary>
    public double Sum(string name, string containing = "")
    {
        var values = text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal)
                && line.Length > name.Length
                && line[name.Length] is '{' or ' '
                && line.Contains(containing, StringComparison.Ordinal))
            .Select(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))
            .ToList();
        return values.Count == 0 ? double.NaN : values.Sum();
    }
}
