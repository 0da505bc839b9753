using Spillway.Rpc;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>
/// Follows a stream of another service and opens it anew when it breaks. What was learnt from it stays in use meanwhile: a view may lag, it is
/// never emptied.
/// </summary>
internal abstract partial class StreamLoop(string stream, TimeProvider time, ILogger logger) : BackgroundService
{
    // A stream that lasted breaks when the other service's leader changes: the next one is there, and consumers wait for it.
    private static readonly TimeSpan ReopenFirst = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ReopenMax = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(1);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = ReopenFirst;
        while (!stoppingToken.IsCancellationRequested)
        {
            var opened = time.GetTimestamp();
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

            delay = time.GetElapsedTime(opened) > Lasting ? ReopenFirst : delay * 2 < ReopenMax ? delay * 2 : ReopenMax;
            await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Opens the stream and takes what it brings until it ends or breaks (<see cref="RpcException"/>).</summary>
    protected abstract Task FollowAsync(CancellationToken cancellationToken);

    [LoggerMessage(1100, LogLevel.Warning, "The stream of {Stream} broke ({Reason}); the last view stays in use")]
    private static partial void LogBroken(ILogger logger, string stream, string reason);
}
