using Spillway.Chaos.Clients;
using Spillway.Chaos.Cluster;
using Spillway.Chaos.Workload;
using Spillway.History.Checking;
using Spillway.History.Events;
using Spillway.History.Files;

namespace Spillway.Chaos;

/// <summary>
/// A run on a cluster that is up, from the first record to the checker's word: workload, a scenario of faults, healing, a time to settle, the
/// final read.
/// </summary>
internal sealed class ChaosRun(ChaosCluster cluster, ChaosRunOptions options)
{
    private const int FinalProcess = 1000;

    /// <summary>Runs it.</summary>
    /// <param name="scenario">What goes wrong; the workload goes on until it returns, and a while longer.</param>
    /// <param name="cancellationToken">Ends it without a result.</param>
    public async Task<ChaosResult> RunAsync(Func<ChaosContext, CancellationToken, Task> scenario, CancellationToken cancellationToken)
    {
        List<string> histories = [Path.Combine(cluster.Folder, $"history-{options.Name}.jsonl")];
        IReadOnlyCollection<string> unexpectedExits;
        IReadOnlyList<StockWorker> stock;
        using (var history = new HistoryWriter(histories[0]))
        {
            await using var watchdog = new Watchdog(cluster, text => Note(history, text));
            stock = await WorkAsync(history, scenario, cancellationToken);
            histories.AddRange(stock.Select(static worker => worker.HistoryPath));
            unexpectedExits = watchdog.UnexpectedExits;
        }

        var report = HistoryChecker.Check(
            HistoryReader.ReadMerged(histories), new CheckerOptions { LagAfterHealMax = options.LagAfterHealMax });
        var clients = stock.ToDictionary(static worker => worker.Client.Process, static worker => worker.Client.Name);
        var resumes = ResumeTimes.Find(HistoryReader.ReadMerged(histories), clients);
        return new ChaosResult(options.Seed, report, unexpectedExits, histories, resumes);
    }

    private static void Note(HistoryWriter history, string text) =>
        history.Write(new HistoryEvent { Outcome = Outcome.Info, Operation = Operation.Note, Process = -1, Text = text });

    private async Task<IReadOnlyList<StockWorker>> WorkAsync(
        HistoryWriter history, Func<ChaosContext, CancellationToken, Task> scenario, CancellationToken cancellationToken)
    {
        using var setup = Connections("setup", []);
        var progress = new KeyProgress(await Topics.CreateAsync(setup, options.Name, options.Workload.TopicCount));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stock = await StartStockClientsAsync(progress);
        var workers = Workers().Select(settings =>
            new Worker(settings, options.Workload, cluster, progress, history).RunAsync(options.Patience, stop.Token)).ToList();
        workers.AddRange(TransactionWorkers().Select(settings => new TransactionWorker(
            options.Name, settings, options.Workload, cluster, progress, history).RunAsync(options.Patience, stop.Token)));
        try
        {
            await scenario(new ChaosContext(cluster, progress, history, stock, options.Seed), cancellationToken);
            cluster.Heal();
            history.Write(new HistoryEvent { Outcome = Outcome.Ok, Operation = Operation.Heal, Process = -1 });
            await cluster.UntilReadyAsync(cluster.Services, cancellationToken);
            await Task.Delay(options.SettleTime, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(workers);
            foreach (var worker in stock)
            {
                await worker.StopAsync();
                await worker.DisposeAsync();
            }
        }

        await ReadAllAsync(progress, history);
        return stock;
    }

    /// <summary>Twice, by way of the frontends of different zones: what was read is the same wherever it was read.</summary>
    private async Task ReadAllAsync(KeyProgress progress, HistoryWriter history)
    {
        var topics = progress.Partitions.Select(static partition => partition.Topic).Distinct().ToList();
        for (var zone = 0; zone < 2; zone++)
        {
            var reader = new FinalReader(
                Connections($"final-{zone}", topics, zone), progress, history, FinalProcess + zone, options.Seed + zone);
            await reader.RunAsync();
        }
    }

    private async Task<List<StockWorker>> StartStockClientsAsync(KeyProgress progress)
    {
        List<StockWorker> workers = [];
        foreach (var client in options.Workload.StockClients)
        {
            if (await client.IsInstalledAsync())
            {
                var path = Path.Combine(cluster.Folder, $"history-{options.Name}-{client.Name}.jsonl");
                workers.Add(StockWorker.Start(client, cluster.BootstrapServers, progress, path, options.Workload.SendsPerSecond));
            }
        }

        return workers;
    }

    private IEnumerable<WorkerSettings> Workers()
    {
        var workload = options.Workload;
        var count = workload.AssignWorkers + workload.PlainWorkers + workload.GroupWorkers;
        for (var process = 0; process < count; process++)
        {
            var isPlain = process >= workload.AssignWorkers && process < workload.AssignWorkers + workload.PlainWorkers;
            var isInGroup = process >= workload.AssignWorkers + workload.PlainWorkers;
            yield return new WorkerSettings(process + 1, process % cluster.Zones.Count, !isPlain, isInGroup ? options.Name : null);
        }
    }

    private IEnumerable<WorkerSettings> TransactionWorkers()
    {
        var workload = options.Workload;
        var first = workload.AssignWorkers + workload.PlainWorkers + workload.GroupWorkers + 1;
        return Enumerable.Range(first, workload.TransactionWorkers)
            .Select(process => new WorkerSettings(process, process % cluster.Zones.Count, IsIdempotent: true, Group: null));
    }

    private ClusterConnections Connections(string clientId, IReadOnlyList<string> topics, int zone = 0) =>
        new(cluster.Bootstrap(zone), $"zone={cluster.Zones[zone]};{clientId}", topics, new Random(options.Seed));
}
