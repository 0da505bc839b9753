using System.Buffers.Binary;
using System.Text.Json;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.Bulk;

/// <summary>librdkafka with many records: what it was told is durable, and what it read.</summary>
internal sealed class BulkClient : IDisposable
{
    private const int EntryBytes = 24;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Clients", "scripts", "bulk.py");

    private readonly TemporaryFolder _folder = new();

    private string Acked => Path.Combine(_folder.Path, "acked");

    private string Consumed => Path.Combine(_folder.Path, "consumed");

    /// <summary>Skips the test where the client is not installed.</summary>
    public static async Task RequireAsync()
    {
        var isHere = await Installed.RunsAsync(Installed.Python, "-c", "import confluent_kafka");
        Assert.SkipUnless(isHere, "confluent-kafka is not here: install python3-confluent-kafka");
    }

    /// <summary>Begins to produce; <see cref="AckedSoFar"/> tells how far it is.</summary>
    public ChildProcess StartProducing(BulkLoad load, string bootstrapServers) => ChildProcess.Start(
        Installed.Python,
        [
            Script, "produce", bootstrapServers, load.Topic, $"{load.PartitionCount}", $"{load.RecordCount}", $"{load.ValueBytes}",
            $"{load.Seed}", Acked, .. load.Settings,
        ]);

    public static long AckedSoFar(ChildProcess producer) =>
        producer.Output.LastOrDefault() is { } line ? JsonDocument.Parse(line).RootElement.GetProperty("acked").GetInt64() : 0;

    /// <summary>Waits until all is acknowledged; the result is what was, in the order of the acknowledgements.</summary>
    public async Task<IReadOnlyList<AccountEntry>> FinishProducingAsync(
        BulkLoad load, ChildProcess producer, IKafkaCluster cluster, TimeSpan? time = null)
    {
        var exitCode = await producer.WaitForExitAsync(time ?? Patience, TestContext.Current.CancellationToken);
        var last = producer.Output.LastOrDefault();
        Assert.True(
            exitCode == 0 && last is not null && JsonDocument.Parse(last).RootElement.GetProperty("acked").GetInt64() == load.RecordCount,
            $"not all were acknowledged: {last}\n{producer.Tail()}\n{cluster.Tail()}");
        return ReadAccount(Acked);
    }

    /// <summary>Everything that is in the topic, in the order it was read.</summary>
    public Task<IReadOnlyList<AccountEntry>> ConsumeAsync(BulkLoad load, string bootstrapServers, params string[] settings) =>
        ConsumeAsync(load, bootstrapServers, Patience, settings);

    /// <summary>The same, with a time that fits a load of more than a few hundred megabytes.</summary>
    public async Task<IReadOnlyList<AccountEntry>> ConsumeAsync(
        BulkLoad load, string bootstrapServers, TimeSpan time, params string[] settings)
    {
        await using var consumer = ChildProcess.Start(
            Installed.Python, [Script, "consume", bootstrapServers, load.Topic, $"{load.PartitionCount}", Consumed, .. settings]);
        var exitCode = await consumer.WaitForExitAsync(time, TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, $"consuming failed:\n{consumer.Tail()}");
        return ReadAccount(Consumed);
    }

    public void Dispose() => _folder.Dispose();

    public static IReadOnlyList<AccountEntry> ReadAccount(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var entries = new List<AccountEntry>(bytes.Length / EntryBytes);
        for (var at = 0; at + EntryBytes <= bytes.Length; at += EntryBytes)
        {
            var entry = bytes.AsSpan(at, EntryBytes);
            entries.Add(new AccountEntry(
                BinaryPrimitives.ReadInt32LittleEndian(entry),
                BinaryPrimitives.ReadInt64LittleEndian(entry[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[12..]),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[20..])));
        }

        return entries;
    }
}
