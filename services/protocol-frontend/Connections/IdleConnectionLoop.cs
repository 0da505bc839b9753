namespace Spillway.ProtocolFrontend.Connections;

/// <summary>Closes connections that were silent for longer than connections.max.idle.ms; clients connect anew when they need to.</summary>
internal sealed class IdleConnectionLoop(ConnectionRegistry connections, BrokerSettings settings, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                if (settings.ConnectionsMaxIdle > TimeSpan.Zero)
                {
                    connections.CloseIdle(settings.ConnectionsMaxIdle);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
