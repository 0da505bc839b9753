using System.Text;

namespace Spillway.ServiceDefaults.Metrics;

/// <summary>Prometheus's name of an instrument: underscores, the unit as a suffix, <c>_total</c> on counters.</summary>
internal static class MetricName
{
    public static string Create(string instrumentName, string? unit, MetricKind kind)
    {
        var name = Clean(instrumentName);
        if (kind == MetricKind.Counter)
        {
            name = WithoutSuffix(name, "_total");
        }
        else if (kind == MetricKind.Gauge)
        {
            // _count and _total belong to histograms and counters; a reader would take the gauge for a part of one.
            name = WithoutSuffix(WithoutSuffix(name, "_total"), "_count");
        }

        if (NameOfUnit(unit) is { } suffix && !name.EndsWith("_" + suffix, StringComparison.Ordinal))
        {
            name += "_" + suffix;
        }

        return kind == MetricKind.Counter ? name + "_total" : name;
    }

    /// <summary>A label's name: letters, digits and underscores, no digit first.</summary>
    public static string Clean(string name)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (var character in name)
        {
            if (char.IsAsciiLetterOrDigit(character))
            {
                clean.Append(character);
            }
            else if (clean.Length > 0 && clean[^1] != '_')
            {
                clean.Append('_');
            }
        }

        if (clean.Length == 0 || char.IsAsciiDigit(clean[0]))
        {
            clean.Insert(0, '_');
        }

        return clean.ToString();
    }

    private static string WithoutSuffix(string name, string suffix) =>
        name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;

    // UCUM codes as .NET and OpenTelemetry write them; an annotation such as {record} is no unit.
    private static string? NameOfUnit(string? unit)
    {
        if (string.IsNullOrEmpty(unit) || unit[0] == '{')
        {
            return null;
        }

        var slash = unit.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
        {
            var per = unit[(slash + 1)..] == "s" ? "second" : Clean(unit[(slash + 1)..].Trim('{', '}'));
            return NameOfUnit(unit[..slash]) is { } upper ? $"{upper}_per_{per}" : $"per_{per}";
        }

        return unit switch
        {
            "s" => "seconds",
            "By" => "bytes",
            "ms" => "milliseconds",
            "us" => "microseconds",
            "1" => "ratio",
            "%" => "percent",
            _ => Clean(unit),
        };
    }
}
