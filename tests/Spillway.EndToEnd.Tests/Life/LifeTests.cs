using System.Diagnostics;
using System.Text.Json;
using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Kafka.Messages;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Life;

/// <summary>
/// The whole life of data in the five services: produced, drained, merged, read back, expired, deleted. WAL and object store end where they began,
/// and the operator's check finds nothing wrong on the way. SPILLWAY_LIFE_MIB=10240 is the size that figures are taken from (make soak-life).
/// </summary>
public sealed class LifeTests
{
    private const int TopicConfigs = 2;
    private const int ValueBytes = 10_000;

    private readonly LifeScale _scale = LifeScale.FromEnvironment();
    private readonly ObjectsOfALife _objects = new();

    [Fact]
    public async Task What_is_produced_is_drained_read_expired_and_gone()
    {
        await BulkClient.RequireAsync();
        await using var cluster = new FiveProcessCluster
        {
            Settings = new()
            {
                ["metadata"] = [.. _scale.MetadataSettings, .. _objects.Settings],
                ["writer-a"] = _scale.WriterSettings,
                ["writer-b"] = _scale.WriterSettings,
                ["frontend-a"] = _objects.Settings,
                ["frontend-b"] = _objects.Settings,
                ["compactor"] = [.. _scale.CompactorSettings, .. _objects.Settings],
            },
        };
        await cluster.InitializeAsync();
        // A few partitions with nearly all of the bytes, and many with little: the two shapes of drains.
        var seed = Guid.NewGuid().GetHashCode() & int.MaxValue;
        Say($"seed {seed}, {_scale.Bytes >> 20} MiB");
        BulkLoad[] loads = [Load("hot", 4, 0.9, seed), Load("many", 64, 0.1, seed + 1)];
        await using (var connection = await RawConnection.OpenAsync(cluster))
        {
            foreach (var load in loads)
            {
                await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
            }
        }

        var acked = await ProduceAsync(cluster, loads);
        await UntilDrainedAsync(cluster);
        // The many partitions once more: each has two small entries then, to be merged.
        var more = await ProduceAsync(cluster, [loads[1]]);
        await UntilDrainedAsync(cluster);
        acked[1] = [.. acked[1], .. more[0]];
        await UntilAsync(
            async () => await Prometheus.ReadAsync(cluster.HealthPort("compactor"), "spillway_compactor_jobs_total", "kind=\"merge\",outcome=\"done\"") > 0,
            cluster,
            "small entries are merged");
        await CheckAsync(cluster, "after the drains");
        foreach (var (load, expected) in loads.Zip(acked))
        {
            using var client = new BulkClient();
            var consumed = await client.ConsumeAsync(load, cluster.BootstrapServers, _scale.Patience);
            Assert.True(expected.OrderBy(Place).SequenceEqual(consumed.OrderBy(Place)), $"{load.Topic}: not what was produced");
        }

        var costs = await LifeCosts.ReadAsync(cluster);
        Say(costs.ToString());
        await ExpireAsync(cluster, loads);
        await UntilAsync(
            async () => (await _objects.ListAsync(ObjectsFolder(cluster))).Count == 0 && WalBytes(cluster) <= 2 * _scale.SegmentBytes,
            cluster,
            "no object is left");
        var end = await CheckAsync(cluster, "at the end");

        Assert.Equal(0, end.GetProperty("objectCount").GetInt32());
        Assert.InRange(costs.StoredRatio, 1, 2.05); // Drained once, merged once at most; and an index and a footer of each object.
        if (_scale.IsReal)
        {
            Assert.InRange(costs.PutsPerGiB, 0, 50);
        }
    }

    private static string ObjectsFolder(FiveProcessCluster cluster) => Path.Combine(cluster.Folder, "objects");

    private static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);

    private BulkLoad Load(string topic, int partitions, double share, int seed) => new(
        topic, partitions, (int)(_scale.Bytes * share / ValueBytes), ValueBytes, seed,
        "enable.idempotence=true", "batch.size=1000000", "message.timeout.ms=1200000");

    // Everything that was acknowledged, by load. Meanwhile the WAL is measured, and the operator's check has to find nothing wrong.
    private async Task<IReadOnlyList<AccountEntry>[]> ProduceAsync(FiveProcessCluster cluster, BulkLoad[] loads)
    {
        var started = Stopwatch.GetTimestamp();
        using var end = new CancellationTokenSource();
        var measuring = MeasureWalAsync(cluster, end.Token);
        var bytes = loads.Sum(static load => (long)load.RecordCount * load.ValueBytes);
        var producing = Task.WhenAll(loads.Select(load => Paced(load, bytes)).Select(async load =>
        {
            using var client = new BulkClient();
            await using var producer = client.StartProducing(load, cluster.BootstrapServers);
            return await client.FinishProducingAsync(load, producer, cluster, _scale.Patience);
        }));
        var checking = CheckAsync(cluster, "under load");
        var acked = await producing;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await end.CancelAsync();
        var walBytesMax = await measuring;
        await checking;
        var rate = bytes / seconds;
        Say($"produced in {seconds:F0} s, {rate / 1e6:F0} MB/s; the WAL held at most {walBytesMax >> 20} MiB, {walBytesMax / rate:F0} s of that");
        if (_scale.IsReal && seconds >= LifeScale.SteadySeconds)
        {
            Assert.InRange(walBytesMax / rate, 0, 80); // The published figure for this kind of WAL: below 100 GB at 10 Gbit/s.
        }

        return acked;
    }

    // Loads that are produced together take equally long.
    private BulkLoad Paced(BulkLoad load, long bytesOfAll) => _scale.BytesPerSecond is { } rate
        ? load with { Settings = [.. load.Settings, $"bytes.per.second={rate * load.RecordCount * load.ValueBytes / bytesOfAll}"] }
        : load;

    private static async Task<long> MeasureWalAsync(FiveProcessCluster cluster, CancellationToken end)
    {
        var bytesMax = 0L;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                bytesMax = Math.Max(bytesMax, WalBytes(cluster));
            }
        }
        catch (OperationCanceledException)
        {
        }

        return bytesMax;
    }

    private static long WalBytes(FiveProcessCluster cluster) =>
        new DirectoryInfo(Path.Combine(cluster.Folder, "wal")).EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(static file => file.Exists ? file.Length : 0);

    private static Task<double> DrainedBytesAsync(FiveProcessCluster cluster) =>
        Prometheus.ReadAsync(cluster.HealthPort("compactor"), "spillway_compactor_drained_bytes_total");

    private static async Task<double> ProducedBytesAsync(FiveProcessCluster cluster) =>
        await Prometheus.ReadAsync(cluster.HealthPort("frontend-a"), "spillway_frontend_produced_bytes_total")
            + await Prometheus.ReadAsync(cluster.HealthPort("frontend-b"), "spillway_frontend_produced_bytes_total");

    // 0: all is well; 1: something is on its way to be deleted.
    private async Task<JsonElement> CheckAsync(FiveProcessCluster cluster, string when)
    {
        var (exitCode, report) = await OperatorCommand.RunAsync(
            _objects.Credentials,
            ["fsck", "--metadata", $"{cluster.MetadataAddress(1)}", "--volume", $"wal1={Path.Combine(cluster.Folder, "wal")}",
                "--verify", .. _objects.Arguments(ObjectsFolder(cluster))]);
        Say($"fsck {when}: {exitCode}, {report.GetProperty("entryCount")} entries, {report.GetProperty("verifiedEntryCount")} verified, "
            + $"{report.GetProperty("objectCount")} objects, {report.GetProperty("segmentCount")} segments");
        Assert.True(exitCode == 0, $"fsck {when} ended with {exitCode}: {report.GetProperty("findings")}");
        return report;
    }

    private static async Task ExpireAsync(FiveProcessCluster cluster, BulkLoad[] loads)
    {
        var request = new IncrementalAlterConfigsRequest();
        request.Resources.AddRange(loads.Select(static load => new IncrementalAlterConfigsRequest.AlterConfigsResource
        {
            ResourceType = TopicConfigs,
            ResourceName = load.Topic,
            Configs = { new IncrementalAlterConfigsRequest.AlterableConfig { Name = "retention.ms", Value = "1" } },
        }));
        await using var connection = await RawConnection.OpenAsync(cluster);
        var answer = await connection.CallAsync(ApiKey.IncrementalAlterConfigs, 1, request, IncrementalAlterConfigsResponse.Read);
        Assert.All(answer.Responses, static response => Assert.Equal(0, response.ErrorCode));
    }

    private async Task UntilDrainedAsync(FiveProcessCluster cluster)
    {
        var started = Stopwatch.GetTimestamp();
        await UntilAsync(
            async () => await DrainedBytesAsync(cluster) >= await ProducedBytesAsync(cluster) && WalBytes(cluster) <= 2 * _scale.SegmentBytes,
            cluster,
            "all is drained and the WAL holds no more than an open segment of each writer");
        Say($"drained {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s after the last record");
    }

    private Task UntilAsync(Func<Task<bool>> condition, FiveProcessCluster cluster, string what) => Deadline.UntilAsync(
        condition,
        _scale.Patience,
        what,
        TestContext.Current.CancellationToken,
        () => $"the WAL holds {WalBytes(cluster)} bytes.\n{cluster.Tail()}");
}
