using System.Globalization;
using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>What a service says at /metrics.</summary>
internal static class Prometheus
{
    private static readonly HttpClient Http = new();

    /// <summary>The sum of a metric's series whose line holds a text, 0 where there is none.</summary>
    public static async Task<double> ReadAsync(int httpPort, string name, string containing = "")
    {
        var text = await Http.GetStringAsync(
            new Uri($"http://127.0.0.1:{httpPort}/metrics"), TestContext.Current.CancellationToken);
        return text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal)
                && line.Length > name.Length
                && line[name.Length] is '{' or ' '
                && line.Contains(containing, StringComparison.Ordinal))
            .Sum(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
