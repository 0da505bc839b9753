using Spillway.Chaos.Cluster;
using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Spillway.Testing;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>Metadata that dies, all of it at once.</summary>
[Collection("chaos")]
public sealed class MetadataFaultTests(ClusterFixture fixture)
{
    private static readonly TimeSpan ResumeTime = QuietMachine.Bound(TimeSpan.FromSeconds(3));

    [Fact]
    public async Task Killing_all_metadata_nodes_at_once_again_and_again_loses_nothing()
    {
        await fixture.RunAsync("metadata", new WorkloadOptions { SendsPerSecond = 40 }, static async (context, cancellationToken) =>
        {
            var catalog = new FaultCatalog(context.Cluster, new Random(context.Seed), TimeSpan.FromSeconds(1));
            for (var round = 0; round < Knobs.Rounds; round++)
            {
                await WriterFaultTests.WorkAsync(context, records: 300, cancellationToken);
                await context.RunAsync(catalog.KillAllMetadata(), cancellationToken);
            }

            await WriterFaultTests.WorkAsync(context, records: 300, cancellationToken);
        });
    }

    /// <summary>The others elect a leader, and producers go on; stock clients with their defaults do not notice.</summary>
    [Fact]
    public async Task A_killed_leader_holds_produce_up_for_seconds_and_ends_no_client()
    {
        await ClientTests.RequireAsync(StockClient.Librdkafka, StockClient.Kafkajs);
        var probes = await fixture.StartProbesAsync("leaderprobe");
        List<TimeSpan> own = [];
        var workload = new WorkloadOptions { SendsPerSecond = 40, StockClients = [StockClient.Librdkafka, StockClient.Kafkajs] };
        var result = await fixture.RunAsync("leader", workload, async (context, cancellationToken) =>
        {
            var catalog = new FaultCatalog(context.Cluster, new Random(context.Seed), TimeSpan.FromSeconds(1));
            for (var round = 0; round < Knobs.Rounds; round++)
            {
                await context.Cluster.UntilReadyAsync(context.Cluster.Of(ServiceRole.Metadata), cancellationToken);
                await WriterFaultTests.AllAckAsync(probes, cancellationToken);
                await ClientTests.GoOnAsync(context, records: 20, cancellationToken);
                var killedAt = TimeProvider.System.GetTimestamp();
                await context.RunAsync(catalog.KillLeader(), cancellationToken);
                await WriterFaultTests.AllAckAsync(probes, cancellationToken);
                own.AddRange(probes.Select(probe => probe.LongestGapSince(killedAt)));
                await ClientTests.GoOnAsync(context, records: 20, cancellationToken);
            }
        });
        probes.ToList().ForEach(static probe => probe.Dispose());

        WriterFaultTests.Report("own clients without an acknowledgement", own);
        fixture.Require(
            WriterFaultTests.Median(own) <= ResumeTime, $"produce stood still for {WriterFaultTests.Median(own).TotalSeconds:0.0} s (median)");
        foreach (var times in result.Resumes)
        {
            fixture.Require(times.Times.Count == Knobs.Rounds && times.Median <= ResumeTime, times.ToString());
        }

        Assert.Equal(2, result.Resumes.Count);
    }
}
