using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.WalWriter.Committing;

/// <summary>
/// Metadata as one writer epoch speaks to it. Every call is idempotent (by block sequence, by token, by segment), so a call
/// whose outcome is unknown is made again until it is known or the epoch ends; null says that it ended. Thread-safe.
/// </summary>
internal sealed partial class WriterMetadataClient(
    IWalCommitService commits,
    WriterIdentity identity,
    TimeProvider time,
    WalWriterMetrics metrics,
    ILogger<WriterMetadataClient> logger,
    CancellationToken ended)
{
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(1);

    // Longer than an election; a call that takes longer is on a connection to a node that is gone.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    public WriterIdentity Identity => identity;

    public Task<CommitBlockReply?> CommitBlockAsync(CommitBlockRequest request) =>
        RetryAsync("CommitBlock", request, commits.CommitBlockAsync);

    public Task<OpenSegmentReply?> OpenSegmentAsync(string volume) => RetryAsync(
        "OpenSegment",
        new OpenSegmentRequest
        {
            WriterId = identity.WriterId,
            WriterEpoch = identity.WriterEpoch,
            Volume = volume,
            RequestToken = Guid.NewGuid().ToString("N"),
        },
        commits.OpenSegmentAsync);

    public Task<SealSegmentReply?> SealSegmentAsync(long segmentId) => RetryAsync(
        "SealSegment",
        new SealSegmentRequest
        {
            WriterId = identity.WriterId,
            WriterEpoch = identity.WriterEpoch,
            SegmentId = segmentId,
        },
        commits.SealSegmentAsync);

    private async Task<TReply?> RetryAsync<TRequest, TReply>(
        string name, TRequest request, Func<TRequest, CancellationToken, Task<TReply>> call)
        where TReply : class
    {
        var backoff = BackoffFirst;
        while (true)
        {
            try
            {
                using var timeout = new CancellationTokenSource(CallTimeout, time);
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ended);
                return await call(request, linked.Token);
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                if (ended.IsCancellationRequested)
                {
                    return null;
                }

                metrics.MetadataCallRetried();
                Log.CallRetried(logger, name, backoff.TotalMilliseconds, e.Message);
            }

            try
            {
                await Task.Delay(backoff, time, ended);
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
