using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>Everything at once, at random, for a minute or two. `make soak` is the same for longer.</summary>
[Collection("chaos")]
public sealed class SmokeTests(ClusterFixture fixture)
{
    private const int OperationsASecondMin = 50;

    [Fact]
    public async Task A_cluster_under_faults_breaks_no_promise()
    {
        var result = await fixture.RunAsync(
            "smoke",
            new WorkloadOptions { SendsPerSecond = 50, CrashEvery = TimeSpan.FromSeconds(20) },
            static async (context, cancellationToken) =>
            {
                await context.RunNemesisAsync(NemesisOptions.Smoke(Knobs.Seed), TimeSpan.FromSeconds(Knobs.Seconds), cancellationToken);

                // Whatever was torn, half made or abandoned on the volume goes too (S3).
                await context.Cluster.UntilReadyAsync(context.Cluster.Services, cancellationToken);
                await context.Cluster.Wal.UntilDeletedAsync(asleep: null, cancellationToken);
            });

        // A cluster that did nothing has lost nothing either.
        fixture.Require(
            result.Report.Statistics.OperationCount >= OperationsASecondMin * Knobs.Seconds, $"too little was done: {result.Report.Summary()}");
    }
}
