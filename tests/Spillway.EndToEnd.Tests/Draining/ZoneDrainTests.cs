using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Draining;

/// <summary>
/// Three zones, each with a frontend, a writer and a compactor. Goal: what is produced in a zone is drained there, from the memory of the zone's writer, so that
/// a byte goes to the volume once and seldom comes from it.
/// </summary>
public sealed class ZoneDrainTests
{
    private const int DrainBytes = 8 << 20;

    /// <summary>Of a zone: several drains' bytes, and less than what others would help with.</summary>
    private const int ZoneBytes = 30 << 20;

    private const int ValueBytes = 10_000;

    // Due by bytes alone, and nobody runs out of patience: how long anything takes here decides nothing.
    private static readonly string[] Metadata =
        [$"Metadata:DrainBytesTarget={DrainBytes}", "Metadata:DrainAge=01:00:00", "Metadata:DrainZonePatience=01:00:00"];

    private static readonly string[] Writer = [$"WalWriter:SegmentBytes={DrainBytes / 2}"];

    private static readonly string[] Compactor = ["S3Compactor:PollInterval=00:00:00.200"];

    [Fact]
    public async Task With_a_compactor_in_each_of_three_zones_drains_read_memory_and_not_the_volume()
    {
        await BulkClient.RequireAsync();
        await using var cluster = new FiveProcessCluster
        {
            Zones = "a b c",
            CompactorZones = "a b c",
            Settings =
            {
                ["metadata"] = Metadata,
                ["writer-a"] = Writer,
                ["writer-b"] = Writer,
                ["writer-c"] = Writer,
                ["compactor"] = Compactor,
                ["compactor-b"] = Compactor,
                ["compactor-c"] = Compactor,
            },
        };
        await cluster.InitializeAsync();
        await Task.WhenAll(
            ProduceAsync(cluster, "a", cluster.ZoneA), ProduceAsync(cluster, "b", cluster.ZoneB), ProduceAsync(cluster, "c", cluster.ZoneC));
        await Deadline.UntilAsync(
            async () => await SumAsync(cluster, "spillway_compactor_drained_bytes_total") >= 3 * 2 * DrainBytes,
            TimeSpan.FromMinutes(3),
            "most is drained",
            TestContext.Current.CancellationToken,
            cluster.Tail);

        var ingested = await SumAsync(cluster, "spillway_frontend_produced_bytes_total");
        var written = await SumAsync(cluster, "spillway_wal_written_bytes_total");
        var read = await SumAsync(cluster, "spillway_wal_read_bytes_total") - await SumAsync(cluster, "spillway_wal_read_bytes_total", "step=\"writer\"");
        var memory = await SumAsync(cluster, "spillway_compactor_wal_memory_bytes_total");
        var drained = await SumAsync(cluster, "spillway_compactor_drained_bytes_total");
        var figures = $"WAL traffic {(written + read) / ingested:0.000} of ingest: {written} written, {read} read; "
            + $"{memory / (memory + read):P1} of {drained} drained bytes from memory; {ingested} ingested";
        TestContext.Current.TestOutputHelper!.WriteLine(figures);

        // A zone is left to itself while its processes keep their leases and its writer answers: a machine that is too busy for that shows nothing.
        var registrations = cluster.CountLines(" is registered as ");
        var failed = await SumAsync(cluster, "spillway_compactor_wal_memory_misses_total", "reason=\"failed\"");
        Assert.SkipWhen(registrations > 2 * 3 || failed > 0, $"{registrations} registrations of 6, {failed} reads that a writer did not answer: {figures}");
        Assert.True((written + read) / ingested <= 1.3, figures);
    }

    private static async Task ProduceAsync(FiveProcessCluster cluster, string topic, string bootstrapServers)
    {
        var load = new BulkLoad(topic, 4, ZoneBytes / ValueBytes, ValueBytes, Seed: 1, "batch.size=200000");
        await using (var connection = await RawConnection.OpenAsync(cluster))
        {
            await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
        }

        using var client = new BulkClient();
        await using var producer = client.StartProducing(load, bootstrapServers);
        await client.FinishProducingAsync(load, producer, cluster);
    }

    private static async Task<double> SumAsync(FiveProcessCluster cluster, string name, string containing = "")
    {
        var sum = 0.0;
        foreach (var port in cluster.HealthPorts)
        {
            sum += await Prometheus.ReadAsync(port, name, containing);
        }

        return sum;
    }
}
