namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// Looks at all connections once a second: requests that have taken too long are answered so, and connections that were silent for
/// longer than connections.max.idle.ms are closed; clients connect anew when they need to.
/// </summary>
internal sealed class ConnectionUpkeepLoop(ConnectionRegistry connections, BrokerSettings settings, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                connections.CheckTimeouts();
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
