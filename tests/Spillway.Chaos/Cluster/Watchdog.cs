using System.Collections.Concurrent;

namespace Spillway.Chaos.Cluster;

/// <summary>Brings dead services back, as Kubernetes does, and remembers those that ended by themselves: none may.</summary>
internal sealed class Watchdog : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RestartDelay = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _unexpected = new();
    private readonly ChaosCluster _cluster;
    private readonly Action<string> _note;
    private readonly Task _watching;

    /// <param name="cluster">Whom it watches.</param>
    /// <param name="note">Told of every death and restart.</param>
    public Watchdog(ChaosCluster cluster, Action<string> note)
    {
        (_cluster, _note) = (cluster, note);
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Exits that no signal explains, with the end of the log.</summary>
    public IReadOnlyCollection<string> UnexpectedExits => _unexpected;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                foreach (var service in _cluster.Services.Where(static service => service is { HasExited: true, IsHeldDown: false }))
                {
                    NoteExit(service);
                    await Task.Delay(RestartDelay, _stop.Token);
                    service.Start();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private void NoteExit(ServiceProcess service)
    {
        if (service.ExitCode is not { } exitCode)
        {
            return; // It was never started.
        }

        _note($"exit {service} {exitCode}");
        if (exitCode != ServiceProcess.KilledExitCode)
        {
            _unexpected.Enqueue($"{service} ended with {exitCode}:\n{service.Tail(15)}");
        }
    }
}
