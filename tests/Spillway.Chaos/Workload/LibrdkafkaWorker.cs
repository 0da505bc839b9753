using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Spillway.Testing.Processes;

namespace Spillway.Chaos.Workload;

/// <summary>librdkafka, driven by a script that writes the same history.</summary>
internal sealed class LibrdkafkaWorker : IAsyncDisposable
{
    private static readonly string Python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Workload", "scripts", "librdkafka_worker.py");

    private readonly ChildProcess _process;

    private LibrdkafkaWorker(ChildProcess process, string historyPath) => (_process, HistoryPath) = (process, historyPath);

    public string HistoryPath { get; }

    /// <summary>Records acknowledged so far.</summary>
    public long AckedCount => Last("acked") is { } acked ? (long)acked : 0;

    /// <summary>The longest time between two acknowledgements, in seconds.</summary>
    public double LongestGapSeconds => Last("longest_gap") ?? 0;

    public bool HasExited => _process.HasExited;

    /// <summary>Whether the client is installed on this machine.</summary>
    public static async Task<bool> IsInstalledAsync()
    {
        try
        {
            await using var process = ChildProcess.Start(Python, ["-c", "import confluent_kafka"]);
            return await process.WaitForExitAsync(TimeSpan.FromMinutes(1), CancellationToken.None) == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Starts to work with librdkafka's own defaults but for the settings given.</summary>
    public static LibrdkafkaWorker Start(
        string bootstrapServers, KeyProgress progress, string history, int process, int sendsPerSecond, params string[] settings)
    {
        var topics = progress.Partitions.GroupBy(static partition => partition.Topic).Select(static topic => $"{topic.Key}={topic.Count()}");
        return new LibrdkafkaWorker(
            ChildProcess.Start(
                Python,
                [
                    Script, bootstrapServers, history, Number(process), Number(sendsPerSecond), .. topics, "--", .. settings,
                ]),
            history);
    }

    /// <summary>Lets it finish; the result is whether librdkafka never gave up.</summary>
    public async Task<bool> StopAsync()
    {
        _process.Terminate();
        return await _process.WaitForExitAsync(TimeSpan.FromMinutes(1), CancellationToken.None) == 0;
    }

    /// <summary>What it said last, for people.</summary>
    public string Tail() => _process.Tail();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private double? Last(string name) =>
        _process.Output.LastOrDefault() is { } line ? JsonDocument.Parse(line).RootElement.GetProperty(name).GetDouble() : null;
}
