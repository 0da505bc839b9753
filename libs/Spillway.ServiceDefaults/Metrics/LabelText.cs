using System.Globalization;
using System.Text;

namespace Spillway.ServiceDefaults.Metrics;

/// <summary>The labels of one series as they are exposed, without the braces: <c>api="Produce",zone="a"</c>.</summary>
internal static class LabelText
{
    /// <summary>Sorted by name, so that the order in which a call site gives its tags makes no second series.</summary>
    public static string Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            sorted[MetricName.Clean(key)] = value switch
            {
                null => "",
                bool flag => flag ? "true" : "false",
                _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
            };
        }

        var text = new StringBuilder();
        foreach (var (key, value) in sorted)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(key).Append("=\"").Append(Escape(value)).Append('"');
        }

        return text.ToString();
    }

    /// <summary>Backslash, quote and line feed are the three characters that the format escapes.</summary>
    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
}
