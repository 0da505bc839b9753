using Spillway.ProtocolFrontend.Cluster;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>Lets go of writers as soon as metadata says that their epoch is over.</summary>
internal sealed class WriterWatchLoop(ClusterView cluster, RemoteWriters writers) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var version = 0L;
            while (true)
            {
                var image = await cluster.WhenAtLeastAsync(version, stoppingToken).ConfigureAwait(false);
                version = image.Version + 1;
                await writers.LeaveEndedAsync(image).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
