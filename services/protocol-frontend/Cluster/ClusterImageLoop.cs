using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Keeps the <see cref="ClusterView"/> current; when the stream breaks, the last image stays and the stream is opened anew.</summary>
internal sealed partial class ClusterImageLoop(
    IClusterImageService images, ClusterView view, TimeProvider time, ILogger<ClusterImageLoop> logger) : BackgroundService
{
    private static readonly TimeSpan ReopenDelay = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var update in images.WatchAsync(new WatchImageRequest(), stoppingToken).ConfigureAwait(false))
                {
                    view.Apply(update);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException failure)
            {
                LogBroken(logger, failure.Message);
            }

            await Task.Delay(ReopenDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1100, LogLevel.Warning, "The cluster image stream broke ({Reason}); the last image stays in use")]
    private static partial void LogBroken(ILogger logger, string reason);
}
