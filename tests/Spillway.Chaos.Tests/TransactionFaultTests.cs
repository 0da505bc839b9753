using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Spillway.History.Events;
using Spillway.History.Files;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>Transactions on a cluster under faults: nothing aborted is read, none is committed in half, nothing is consumed twice.</summary>
[Collection("chaos")]
public sealed class TransactionFaultTests(ClusterFixture fixture)
{
    private const int CommittedMin = 20;
    private static readonly TimeSpan FaultTime = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Transactions_under_faults_are_whole_or_not_at_all()
    {
        var result = await fixture.RunAsync(
            "txn",
            new WorkloadOptions
            {
                TransactionWorkers = 4,
                AssignWorkers = 1,
                PlainWorkers = 0,
                GroupWorkers = 0,
                StockClients = [],
                SendsPerSecond = 20,
                CrashEvery = TimeSpan.FromSeconds(10),
            },
            static (context, cancellationToken) => context.RunNemesisAsync(
                NemesisOptions.Smoke(Knobs.Seed), FaultTime, cancellationToken));

        var ends = HistoryReader.ReadMerged(result.Histories).Where(static line => line.Operation == Operation.Txn)
            .GroupBy(static line => line.Outcome).ToDictionary(static outcome => outcome.Key, static outcome => outcome.Count());

        // A cluster that committed nothing has torn nothing either.
        fixture.Require(
            ends.GetValueOrDefault(Outcome.Ok) >= CommittedMin,
            $"too little was committed: {string.Join(", ", ends)}; {result.Report.Summary()}");
    }
}
