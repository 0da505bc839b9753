using Spillway.Chaos.Cluster;
using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>
/// An object store that is slow or away, on a cluster of its own. Produce does not need it, so nobody who sends notices; the WAL grows and is
/// drained when the store is back.
/// </summary>
public sealed class StoreFaultTests
{
    [Fact]
    public async Task A_store_that_is_slow_or_away_fails_no_send_and_is_caught_up_with()
    {
        var store = ChaosStore.FromEnvironment();
        Assert.SkipWhen(store is null, "no S3 server: set SPILLWAY_TEST_S3_ENDPOINT, _ACCESS_KEY, _SECRET_KEY and _BUCKET");
        var folder = Path.Combine(BuiltServices.Repository, "artifacts", "chaos", $"store-{Knobs.Seed}-{Environment.ProcessId}");
        var options = new ChaosClusterOptions { Folder = folder, Zones = ["a", "b"], CompactorCount = 2, Seed = Knobs.Seed, Store = store };
        ChaosResult result;
        await using (var cluster = new ChaosCluster(options))
        {
            await cluster.StartAsync(TestContext.Current.CancellationToken);
            var workload = new WorkloadOptions { Seed = Knobs.Seed, SendsPerSecond = 40, CrashEvery = TimeSpan.FromHours(1) };
            var run = new ChaosRun(cluster, new ChaosRunOptions { Name = "store", Seed = Knobs.Seed, Workload = workload });
            result = await run.RunAsync(RunAsync, TestContext.Current.CancellationToken);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"store: {result.Summary()}");
        Assert.True(result.IsClean, result.ToString());
        Assert.Empty(result.FailedSends(static _ => true));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task RunAsync(ChaosContext context, CancellationToken cancellationToken)
    {
        var catalog = new FaultCatalog(context.Cluster, new Random(context.Seed), TimeSpan.FromSeconds(10));
        await WriterFaultTests.WorkAsync(context, records: 200, cancellationToken);
        await context.Cluster.Wal.UntilDeletedAsync(asleep: null, cancellationToken);
        for (var round = 0; round < Knobs.RoundsOr(1); round++)
        {
            await context.RunAsync(catalog.SlowStore(), cancellationToken);
            await context.RunAsync(catalog.CutStore(), cancellationToken);
            await WriterFaultTests.WorkAsync(context, records: 500, cancellationToken);
        }

        await context.Cluster.Wal.UntilDeletedAsync(asleep: null, cancellationToken);
    }
}
