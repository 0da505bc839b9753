using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Draining;

/// <summary>
/// After a while all bytes are in the object store and the WAL is as small as on the first day; a process that starts then, with nothing in
/// its caches, serves everything from objects.
/// </summary>
public sealed class DrainTests
{
    private const int SegmentBytes = 16 << 20;

    private static readonly string[] FastDrain =
    [
        $"--Spillway:WalWriter:SegmentBytes={SegmentBytes}",
        "--Spillway:WalWriter:RollInterval=00:00:02",
        "--Spillway:Metadata:ReadGrace=00:00:02",
        "--Spillway:Metadata:DrainAge=00:00:01",
        "--Spillway:S3Compactor:PollInterval=00:00:00.200",
        // All that is produced, so that it does not matter here how far behind drains are.
        "--Spillway:WalWriter:RecentBytesMax=1073741824",
    ];

    [Fact]
    public Task A_drained_wal_is_back_to_its_size_and_all_is_read_from_a_folder() => RunAsync([]);

    [Fact]
    public Task A_drained_wal_is_back_to_its_size_and_all_is_read_from_s3()
    {
        var server = S3Server.FromEnvironment();
        Assert.SkipWhen(server is null, S3Server.WhyNot);
        return RunAsync([.. server.Settings($"e2e-{Guid.NewGuid():N}").Select(static setting => $"--Spillway:{setting}")]);
    }

    private static async Task RunAsync(string[] objectStore)
    {
        await BulkClient.RequireAsync();
        var load = new BulkLoad(
            "drained", 4, 20_000, 10_000, Guid.NewGuid().GetHashCode() & int.MaxValue, "enable.idempotence=true", "batch.size=500000");
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {load.Seed}");
        await using var standalone = await StandaloneProcess.StartNewAsync([.. FastDrain, .. objectStore]);
        await using (var connection = await RawConnection.OpenAsync(standalone))
        {
            await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
        }

        using var client = new BulkClient();
        await using var producer = client.StartProducing(load, standalone.BootstrapServers);
        var acked = await client.FinishProducingAsync(load, producer, standalone);
        await Deadline.UntilAsync(
            async () => await standalone.ReadMetricAsync("spillway_compactor_drained_bytes_total")
                    >= await standalone.ReadMetricAsync("spillway_frontend_produced_bytes_total")
                && WalBytes(standalone) <= SegmentBytes,
            TimeSpan.FromMinutes(2),
            "all is drained and the WAL holds one open segment",
            TestContext.Current.CancellationToken,
            () => $"it holds {WalBytes(standalone)} bytes.\n{standalone.Tail()}");
        await AssertLittleVolumeTrafficAsync(standalone);
        await standalone.StopAsync();
        await standalone.RestartAsync();

        var consumed = await client.ConsumeAsync(load, standalone.BootstrapServers);

        Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
        Assert.Equal(0, await ReadBytesAsync(standalone, "wal"));
        Assert.Equal(0, await ReadBytesAsync(standalone, "tail_cache"));
        Assert.InRange(await ReadBytesAsync(standalone, "object"), (double)load.RecordCount * load.ValueBytes, double.MaxValue);
        Assert.Equal(objectStore.Length > 0, !Directory.Exists(standalone.ObjectsFolder));
    }

    /// <summary>A volume is paid by the bytes that go to it and come from it: each is written once, and drains take it from memory.</summary>
    private static async Task AssertLittleVolumeTrafficAsync(StandaloneProcess standalone)
    {
        var ingested = await standalone.ReadMetricAsync("spillway_frontend_produced_bytes_total");
        var written = await standalone.ReadMetricAsync("spillway_wal_written_bytes_total");
        var read = await standalone.ReadMetricAsync("spillway_wal_read_bytes_total")
            - await standalone.ReadMetricAsync("spillway_wal_read_bytes_total", "step=\"writer\"");
        var memory = await standalone.ReadMetricAsync("spillway_compactor_wal_memory_bytes_total");
        var ratio = (written + read) / ingested;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"WAL traffic {ratio:0.000} of ingest: {written} written, {read} read; {memory} drained from memory, {ingested} ingested");
        Assert.InRange(ratio, 1, 1.3);
        Assert.InRange(memory, 0.9 * ingested, double.MaxValue);
    }

    private static long WalBytes(StandaloneProcess standalone) =>
        new DirectoryInfo(standalone.WalFolder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Exists ? file.Length : 0);

    private static Task<double> ReadBytesAsync(StandaloneProcess standalone, string source) =>
        standalone.ReadMetricAsync("spillway_frontend_read_bytes_total", $"source=\"{source}\"");

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);
}
