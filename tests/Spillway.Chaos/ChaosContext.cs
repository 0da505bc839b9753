using Spillway.Chaos.Cluster;
using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Spillway.History.Files;

namespace Spillway.Chaos;

/// <summary>What a scenario has at hand while the workload runs.</summary>
/// <param name="Cluster">The cluster.</param>
/// <param name="Progress">How far the workload is.</param>
/// <param name="History">Where everything is written.</param>
/// <param name="StockWorkers">The stock clients at work.</param>
/// <param name="Seed">The seed of the run.</param>
internal sealed record ChaosContext(
    ChaosCluster Cluster, KeyProgress Progress, HistoryWriter History, IReadOnlyList<StockWorker> StockWorkers, int Seed)
{
    /// <summary>Lets one fault happen, from its beginning to its end.</summary>
    public Task RunAsync(Fault fault, CancellationToken cancellationToken) =>
        new NemesisLoop(Cluster, new NemesisOptions { Seed = Seed }, History).RunAsync(fault, cancellationToken);

    /// <summary>Faults at random for a time.</summary>
    public async Task RunNemesisAsync(NemesisOptions options, TimeSpan time, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(time);
        await new NemesisLoop(Cluster, options, History).RunAsync(end.Token);
    }
}
