using Spillway.Chaos.Cluster;
using Spillway.Chaos.Workload;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>What stock clients with their default settings see of deaths and restarts: nothing.</summary>
[Collection("chaos")]
public sealed class ClientTests(ClusterFixture fixture)
{
    private static readonly WorkloadOptions LibrdkafkaAlone = new()
    {
        AssignWorkers = 0,
        PlainWorkers = 0,
        GroupWorkers = 0,
        SendsPerSecond = 200,
    };

    [Fact]
    public async Task Librdkafka_survives_writer_after_writer_without_a_fatal_error()
    {
        await RequireAsync(StockClient.Librdkafka);
        var result = await fixture.RunAsync("kills", LibrdkafkaAlone, static async (context, cancellationToken) =>
        {
            var random = new Random(context.Seed);
            for (var round = 0; round < Knobs.Rounds; round++)
            {
                await GoOnAsync(context, records: 100, cancellationToken);
                await context.Cluster.Of(ServiceRole.Writer).ElementAt(random.Next(3)).Kill9Async();
            }
        });

        Assert.Empty(result.FailedSends(static _ => true));
    }

    [Fact]
    public async Task A_rolling_restart_of_all_roles_shows_no_error_to_clients()
    {
        await RequireAsync(StockClient.Librdkafka);
        var workload = new WorkloadOptions
        {
            AssignWorkers = 2,
            PlainWorkers = 0,
            GroupWorkers = 1,
            SendsPerSecond = 40,
            CrashEvery = TimeSpan.FromHours(1),
        };
        var result = await fixture.RunAsync("rolling", workload, static async (context, cancellationToken) =>
        {
            foreach (var service in context.Cluster.Services)
            {
                await WriterFaultTests.WorkAsync(context, records: 200, cancellationToken);
                service.IsHeldDown = true;
                Assert.Equal(0, await service.StopAsync(TimeSpan.FromSeconds(40)));
                service.Start();
                service.IsHeldDown = false;
                await context.Cluster.UntilReadyAsync([service], cancellationToken);
            }
        });

        Assert.Empty(result.FailedSends(static _ => true));
    }

    internal static async Task RequireAsync(params StockClient[] clients)
    {
        foreach (var client in clients)
        {
            Assert.SkipUnless(await client.IsInstalledAsync(), client.Advice);
        }
    }

    /// <summary>Waits until every stock client has so many more records acknowledged; none may have given up.</summary>
    internal static async Task GoOnAsync(ChaosContext context, int records, CancellationToken cancellationToken)
    {
        foreach (var worker in context.StockWorkers)
        {
            var acked = worker.AckedCount;
            await Deadline.UntilAsync(
                () => worker.AckedCount >= acked + records || worker.HasExited,
                TimeSpan.FromSeconds(60),
                $"{worker.Client.Name} goes on",
                cancellationToken,
                worker.Tail);
            Assert.False(worker.HasExited, worker.Tail());
        }
    }
}
