using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Spillway.Benchmarks.WritePath;

/// <summary>The generator of load as a process of its own: what it allocates and computes is not the server's.</summary>
internal static class LoadProcess
{
    public static async Task<LoadResult> RunAsync(string server, string topic, Load load, double seconds)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                typeof(LoadProcess).Assembly.Location, "produce", server, topic, Text(load.RecordBytes), Text(load.BatchBytes),
                Text(seconds), Text(load.MegabytesPerSecond ?? 0), Text(load.Connections), "--json",
            },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        var last = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        return process.ExitCode == 0 && last is not null && JsonSerializer.Deserialize<LoadResult>(last) is { } result
            ? result
            : throw new InvalidOperationException($"The load {load.Name} ended with {process.ExitCode}: {output}");
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
