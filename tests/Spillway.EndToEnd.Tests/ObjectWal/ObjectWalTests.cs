using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Storage.Objects;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.ObjectWal;

/// <summary>
/// A WAL whose blocks are objects: what was acknowledged with acks=all survives a SIGKILL, is read back from the blocks, moves into data
/// objects, and is read from those by a process that knows nothing else.
/// </summary>
public sealed class ObjectWalTests
{
    private static readonly string[] ObjectWal =
    [
        "--wal", "s3",
        "--Spillway:WalWriter:S3:Linger=00:00:00.050",
        "--Spillway:WalWriter:RollInterval=00:00:02",
        "--Spillway:Metadata:ReadGrace=00:00:02",
        "--Spillway:S3Compactor:PollInterval=00:00:00.200",
    ];

    // Until it is wanted, nothing is drained: what is read first has to come from the WAL.
    private static readonly string[] NoDrain = ["--Spillway:Metadata:DrainAge=01:00:00"];
    private static readonly string[] Drain = ["--Spillway:Metadata:DrainAge=00:00:01"];

    [Fact]
    public Task Acknowledged_records_survive_and_are_drained_in_a_folder() => RunAsync(
        [], folder => new ObjectStoreOptions { Kind = ObjectStoreKind.Folder, Folder = folder });

    [Fact]
    public Task Acknowledged_records_survive_and_are_drained_in_s3()
    {
        var server = S3Server.FromEnvironment();
        Assert.SkipWhen(server is null, S3Server.WhyNot);
        var prefix = $"e2e-{Guid.NewGuid():N}";
        return RunAsync(
            [.. server.Settings(prefix).Select(static setting => $"--Spillway:{setting}")],
            _ => new ObjectStoreOptions { Kind = ObjectStoreKind.S3, KeyPrefix = prefix, S3 = server.Options });
    }

    private static async Task RunAsync(string[] objectStore, Func<string, ObjectStoreOptions> open)
    {
        await BulkClient.RequireAsync();
        var load = new BulkLoad(
            "objects", 4, 6_000, 2_000, Guid.NewGuid().GetHashCode() & int.MaxValue, "enable.idempotence=true", "batch.size=200000");
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {load.Seed}");
        await using var standalone = await StandaloneProcess.StartNewAsync([.. ObjectWal, .. NoDrain, .. objectStore]);
        await using (var connection = await RawConnection.OpenAsync(standalone))
        {
            await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
        }

        var store = ObjectStoreServices.Create(open(standalone.ObjectsFolder), metrics: null);
        using var client = new BulkClient();
        await using var producer = client.StartProducing(load, standalone.BootstrapServers);
        await Deadline.UntilAsync(
            () => BulkClient.AckedSoFar(producer) >= load.RecordCount / 3 || producer.HasExited,
            TimeSpan.FromMinutes(1),
            "a third is acknowledged",
            TestContext.Current.CancellationToken,
            producer.Tail);

        // The producer goes on by itself when it is back.
        await standalone.Kill9Async();
        await standalone.RestartAsync();
        var acked = await client.FinishProducingAsync(load, producer, standalone);
        Assert.Equal(load.RecordCount, acked.Count);
        Assert.False(Directory.Exists(standalone.WalFolder), "nothing of the WAL is in a folder");
        Assert.InRange(await CountWalObjectsAsync(store), 2, int.MaxValue);

        await standalone.StopAsync();
        await standalone.RestartAsync();
        var fromWal = await client.ConsumeAsync(load, standalone.BootstrapServers);
        Assert.Equal(acked.OrderBy(Place), fromWal.OrderBy(Place));
        // An entry that was read is in the tail cache for the rest of it.
        var readBytes = await ReadBytesAsync(standalone, "wal");
        Assert.InRange(readBytes, 1, double.MaxValue);
        Assert.InRange(
            readBytes + await ReadBytesAsync(standalone, "tail_cache"), (double)load.RecordCount * load.ValueBytes, double.MaxValue);
        Assert.Equal(0, await ReadBytesAsync(standalone, "object"));

        await standalone.StopAsync();
        await standalone.RestartAsync([.. ObjectWal, .. Drain, .. objectStore]);
        // An open segment has its header.
        await Deadline.UntilAsync(
            async () => await CountWalObjectsAsync(store) <= 2,
            TimeSpan.FromMinutes(1),
            "the WAL is empty again",
            TestContext.Current.CancellationToken,
            standalone.Tail);
        await standalone.StopAsync();
        await standalone.RestartAsync();
        var fromObjects = await client.ConsumeAsync(load, standalone.BootstrapServers);

        Assert.Equal(acked.OrderBy(Place), fromObjects.OrderBy(Place));
        Assert.Equal(0, await ReadBytesAsync(standalone, "wal"));
    }

    private static async Task<int> CountWalObjectsAsync(IObjectStore store)
    {
        var count = 0;
        await foreach (var _ in store.ListAsync("wal/", TestContext.Current.CancellationToken))
        {
            count++;
        }

        return count;
    }

    private static Task<double> ReadBytesAsync(StandaloneProcess standalone, string source) =>
        standalone.ReadMetricAsync("spillway_frontend_read_bytes_total", $"source=\"{source}\"");

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);
}
