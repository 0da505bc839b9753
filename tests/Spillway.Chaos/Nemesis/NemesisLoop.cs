using Spillway.Chaos.Cluster;
using Spillway.History.Events;
using Spillway.History.Files;

namespace Spillway.Chaos.Nemesis;

/// <summary>Lets faults happen, round by round, until it is told to stop; then everything is put right.</summary>
internal sealed class NemesisLoop(ChaosCluster cluster, NemesisOptions options, HistoryWriter history)
{
    private readonly Random _random = new(options.Seed);
    private long _id;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var catalog = new FaultCatalog(cluster, _random, options.DurationMax);
        try
        {
            while (true)
            {
                var pause = options.PauseMin + ((options.PauseMax - options.PauseMin) * _random.NextDouble());
                await Task.Delay(pause, cancellationToken);
                if (_random.NextDouble() >= options.QuietShare)
                {
                    var faults = Enumerable.Range(0, _random.Next(1, options.FaultsMax + 1)).Select(_ => catalog.Draw()).ToList();
                    await Task.WhenAll(faults.Select(fault => RunAsync(fault, cancellationToken)));
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            cluster.Heal();
        }
    }

    /// <summary>One fault from its beginning to its end.</summary>
    public async Task RunAsync(Fault fault, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _id);
        Write(Outcome.Invoke, fault, id);
        try
        {
            await fault.Begin();
            await Task.Delay(fault.Duration, cancellationToken);
        }
        finally
        {
            fault.End();
            Write(Outcome.Ok, fault, id);
        }
    }

    private void Write(Outcome outcome, Fault fault, long id) => history.Write(new HistoryEvent
    {
        Outcome = outcome,
        Operation = Operation.Fault,
        Process = -1,
        Id = id,
        Text = fault.ToString(),
    });
}
