using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Faults;

namespace Spillway.WalWriter.Committing;

/// <summary>
/// Metadata as one writer epoch speaks to it. Every call is idempotent (by token, by segment), so a call
/// whose outcome is unknown is made again until it is known or the epoch ends; null says that it ended. Thread-safe.
/// </summary>
internal sealed partial class WriterMetadataClient(
    IWalCommitService commits, WriterIdentity identity, WriterEnvironment environment, CancellationToken ended)
{
    private readonly TimeProvider _time = environment.Time;
    private readonly ILogger<WriterMetadataClient> _logger = environment.Loggers.CreateLogger<WriterMetadataClient>();

    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(1);

    // Longer than an election; a call that takes longer is on a connection to a node that is gone.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    public WriterIdentity Identity => identity;

    /// <summary>Opens a segment, or gives the one that was opened with the token and is still open.</summary>
    public Task<OpenSegmentReply?> OpenSegmentAsync(string volume, string token) => RetryAsync(
        "OpenSegment",
        new OpenSegmentRequest
        {
            WriterId = identity.WriterId,
            WriterEpoch = identity.WriterEpoch,
            Volume = volume,
            RequestToken = token,
        },
        commits.OpenSegmentAsync,
        FailPoint.SegmentOpened);

    public Task<SealSegmentReply?> SealSegmentAsync(long segmentId) => RetryAsync(
        "SealSegment",
        new SealSegmentRequest
        {
            WriterId = identity.WriterId,
            WriterEpoch = identity.WriterEpoch,
            SegmentId = segmentId,
        },
        commits.SealSegmentAsync,
        FailPoint.SegmentSealed);

    private async Task<TReply?> RetryAsync<TRequest, TReply>(
        string name, TRequest request, Func<TRequest, CancellationToken, Task<TReply>> call, string failPoint)
        where TReply : class
    {
        var backoff = BackoffFirst;
        while (true)
        {
            try
            {
                using var timeout = new CancellationTokenSource(CallTimeout, _time);
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ended);
                var reply = await call(request, linked.Token);
                await environment.FailPoints.PassAsync(failPoint, linked.Token);
                return reply;
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException or FailPointException)
            {
                if (ended.IsCancellationRequested)
                {
                    return null;
                }

                environment.Metrics.MetadataCallRetried();
                Log.CallRetried(_logger, name, backoff.TotalMilliseconds, e.Message);
            }

            try
            {
                await Task.Delay(backoff, _time, ended);
            }
            catch (OperationCanceledException)
            {
                return null;
            }

            backoff = backoff * 2 < BackoffMax ? backoff * 2 : BackoffMax;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1201, LogLevel.Debug, "{Call} did not come back with an answer; again in {BackoffMs} ms: {Reason}")]
        public static partial void CallRetried(ILogger logger, string call, double backoffMs, string reason);
    }
}
