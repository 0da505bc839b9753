using System.Globalization;
using System.Text.Json;
using Spillway.Testing.Processes;

namespace Spillway.Chaos.Workload;

/// <summary>A stock client at work in a process of its own.</summary>
internal sealed class StockWorker : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private StockWorker(StockClient client, ChildProcess process, string historyPath) =>
        (Client, _process, HistoryPath) = (client, process, historyPath);

    public StockClient Client { get; }

    public string HistoryPath { get; }

    /// <summary>Records acknowledged so far.</summary>
    public long AckedCount => Last("acked") is { } acked ? (long)acked : 0;

    /// <summary>Whether it ended by itself, which it does when it gives up.</summary>
    public bool HasExited => _process.HasExited;

    public static StockWorker Start(StockClient client, string bootstrapServers, KeyProgress progress, string history, int sendsPerSecond)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Workload", "scripts", client.Script);
        var topics = progress.Partitions.GroupBy(static partition => partition.Topic).Select(static topic => $"{topic.Key}={topic.Count()}");
        var process = ChildProcess.Start(
            client.Program,
            [script, bootstrapServers, history, Number(client.Process), Number(sendsPerSecond), .. topics],
            client.Variables);
        return new StockWorker(client, process, history);
    }

    /// <summary>Lets it finish; the result is whether it never gave up.</summary>
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
