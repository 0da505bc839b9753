using System.Globalization;
using System.Text.RegularExpressions;

namespace Spillway.Tool.Costs;

/// <summary>The samples of one or more pages of Prometheus text, as services of ours write them.</summary>
internal sealed partial class Samples
{
    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> _all = [];

    public void Add(string page)
    {
        foreach (Match line in LinePattern().Matches(page))
        {
            var labels = LabelPattern().Matches(line.Groups["labels"].Value)
                .ToDictionary(l => l.Groups["name"].Value, l => l.Groups["value"].Value, StringComparer.Ordinal);
            if (double.TryParse(line.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                _all.Add((line.Groups["name"].Value, labels, value));
            }
        }
    }

    public double Sum(string name) => _all.Where(s => s.Name == name).Sum(s => s.Value);

    /// <summary>Every writer measures the whole of a volume: of each volume the greatest, and those together.</summary>
    public double SumOfGreatest(string name, string label) => _all.Where(s => s.Name == name)
        .GroupBy(s => s.Labels.GetValueOrDefault(label) ?? "").Sum(g => g.Max(s => s.Value));

    public Dictionary<(string, string), double> SumBy(string name, string label, string otherLabel) => _all.Where(s => s.Name == name)
        .GroupBy(s => (s.Labels.GetValueOrDefault(label) ?? "", s.Labels.GetValueOrDefault(otherLabel) ?? ""))
        .ToDictionary(g => g.Key, g => g.Sum(s => s.Value));

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:]\w*)(?:\{(?<labels>[^}]*)\})? (?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex LinePattern();

    [GeneratedRegex("(?<name>\\w+)=\"(?<value>[^\"]*)\"")]
    private static partial Regex LabelPattern();
}
