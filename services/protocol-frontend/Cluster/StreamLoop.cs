using Spillway.Rpc;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>
/// Follows a stream of another service and opens it anew when it breaks. What was learnt from it stays in use meanwhile: a view may lag, it is
/// never emptied.
/// </summary>
internal abstract partial class StreamLoop(string stream, TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan ReopenDelay = TimeSpan.FromMilliseconds(200);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException failure)
            {
                LogBroken(logger, stream, failure.Message);
            }

            await Task.Delay(ReopenDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Opens the stream and takes what it brings until it ends or breaks (<see cref="RpcException"/>).</summary>
    protected abstract Task FollowAsync(CancellationToken cancellationToken);

    [LoggerMessage(1100, LogLevel.Warning, "The stream of {Stream} broke ({Reason}); the last view stays in use")]
    private static partial void LogBroken(ILogger logger, string stream, string reason);
}
