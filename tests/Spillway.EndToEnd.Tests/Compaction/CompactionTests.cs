using System.Text.Json;
using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Compaction;

/// <summary>
/// A table in a compacted topic, by librdkafka: plain, idempotent and transactional producers, aborted data, tombstones. What is read to the end
/// as ListOffsets tells it, by either isolation level, is the last value of each key, before and after a restart, and the topic becomes small.
/// </summary>
public sealed class CompactionTests
{
    private const int RecordsWritten = 20 * (20 + 20 + 5);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly string[] Fast =
    [
        "--Spillway:WalWriter:RollInterval=00:00:01",
        "--Spillway:Metadata:ReadGrace=00:00:02",
        "--Spillway:Metadata:DrainAge=00:00:00.500",
        "--Spillway:S3Compactor:PollInterval=00:00:00.200",
        "--set", "log.cleaner.backoff.ms=200",
    ];

    [Fact]
    public async Task A_compacted_topic_is_read_to_its_end_and_holds_the_last_value_of_each_key()
    {
        await BulkClient.RequireAsync();
        await using var standalone = await StandaloneProcess.StartNewAsync(Fast);

        var lines = await RunAsync(standalone, "fill");
        var expected = Table(lines[0], "expected");
        Assert.Equal(0, lines[0].GetProperty("left").GetInt32());
        AssertRead(expected, lines[1..]);
        Assert.InRange(await standalone.ReadMetricAsync("spillway_compactor_cleaned_bytes_total"), 1, double.MaxValue);

        await standalone.StopAsync();
        await standalone.RestartAsync();
        AssertRead(expected, await RunAsync(standalone, "read"));
    }

    private static void AssertRead(SortedDictionary<string, string> expected, List<JsonElement> reads)
    {
        Assert.Equal(2, reads.Count);
        foreach (var read in reads)
        {
            // At the log's end there may be aborted data that is not cleaned yet.
            var table = Table(read, "table");
            var isCommitted = read.GetProperty("isolation").GetString() == "read_committed";
            Assert.Equal(isCommitted ? expected : Without(expected), isCommitted ? table : Without(table));
            Assert.Equal(read.GetProperty("end").GetInt64(), read.GetProperty("position").GetInt64());
            Assert.InRange(read.GetProperty("records").GetInt32(), expected.Count, RecordsWritten / 5);
        }
    }

    private static SortedDictionary<string, string> Without(SortedDictionary<string, string> table) =>
        new(table.Where(static row => row.Key != "t0").ToDictionary(), StringComparer.Ordinal);

    private static SortedDictionary<string, string> Table(JsonElement line, string property) => new(
        line.GetProperty(property).EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetString()!), StringComparer.Ordinal);

    private static async Task<List<JsonElement>> RunAsync(StandaloneProcess standalone, string what)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Clients", "scripts", "compacted.py");
        await using var process = ChildProcess.Start(Installed.Python, [script, what, standalone.BootstrapServers, "table"]);
        var exitCode = await process.WaitForExitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, $"compacted.py {what} ended with {exitCode}:\n{process.Tail()}\n{standalone.Tail()}");
        return [.. process.Output.Select(static line => JsonDocument.Parse(line).RootElement)];
    }
}
