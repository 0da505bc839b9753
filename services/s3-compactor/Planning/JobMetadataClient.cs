using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Sessions;

namespace Spillway.S3Compactor.Planning;

/// <summary>
/// Metadata as one job speaks to it. A call whose outcome is unknown is made again until it is known or the token ends the job: committing is
/// idempotent by object, completing by job, and a prepare that was repeated leaves an object that expires. Thread-safe.
/// </summary>
internal sealed partial class JobMetadataClient(
    IJobService jobs, TimeProvider time, S3CompactorMetrics metrics, ILogger<JobMetadataClient> logger)
{
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(1);

    // Longer than an election; a call that takes longer is on a connection to a node that is gone.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Asks once: an answer that is lost costs one lease time of one job.</summary>
    public Task<AcquireJobReply> AcquireAsync(
        CompactorIdentity identity, IEnumerable<JobKind> kinds, CancellationToken cancellationToken) => CallAsync(
        jobs.AcquireJobAsync,
        new AcquireJobRequest { CompactorId = identity.CompactorId, CompactorEpoch = identity.CompactorEpoch, Kinds = { kinds } },
        cancellationToken);

    /// <summary>Asks once: the lease's owner decides how long to go on.</summary>
    public Task<RenewJobReply> RenewAsync(CompactorIdentity identity, long jobId, CancellationToken cancellationToken) => CallAsync(
        jobs.RenewJobAsync,
        new RenewJobRequest { JobId = jobId, CompactorId = identity.CompactorId, CompactorEpoch = identity.CompactorEpoch },
        cancellationToken);

    public Task<CompleteJobReply> CompleteAsync(
        CompactorIdentity identity, long jobId, JobOutcome outcome, CancellationToken cancellationToken) => RetryAsync(
        "CompleteJob",
        jobs.CompleteJobAsync,
        new CompleteJobRequest
        {
            JobId = jobId,
            CompactorId = identity.CompactorId,
            CompactorEpoch = identity.CompactorEpoch,
            Failed = outcome.IsFailed,
            Deleted = { outcome.Deleted },
            Cleaned = outcome.Cleaned,
            Scrubbed = { outcome.Scrubbed },
        },
        cancellationToken);

    public Task<PrepareObjectReply> PrepareAsync(
        CompactorIdentity identity, long jobId, TimeSpan ttl, CancellationToken cancellationToken) => RetryAsync(
        "PrepareObject",
        jobs.PrepareObjectAsync,
        new PrepareObjectRequest
        {
            JobId = jobId,
            CompactorId = identity.CompactorId,
            CompactorEpoch = identity.CompactorEpoch,
            TtlMs = (long)ttl.TotalMilliseconds,
        },
        cancellationToken);

    public Task<CommitObjectReply> CommitAsync(CommitObjectRequest request, CancellationToken cancellationToken) =>
        RetryAsync("CommitObject", jobs.CommitObjectAsync, request, cancellationToken);

    private async Task<TReply> CallAsync<TRequest, TReply>(
        Func<TRequest, CancellationToken, Task<TReply>> call, TRequest request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await call(request, linked.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(RpcStatusCode.DeadlineExceeded, "Metadata did not answer in time.", e);
        }
    }

    private async Task<TReply> RetryAsync<TRequest, TReply>(
        string name, Func<TRequest, CancellationToken, Task<TReply>> call, TRequest request, CancellationToken cancellationToken)
    {
        for (var backoff = BackoffFirst; ; backoff = backoff * 2 < BackoffMax ? backoff * 2 : BackoffMax)
        {
            try
            {
                return await CallAsync(call, request, cancellationToken);
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                metrics.MetadataCallRetried();
                Log.CallRetried(logger, name, backoff.TotalMilliseconds, e.Message);
            }

            await Task.Delay(backoff, time, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1410, LogLevel.Debug, "{Call} did not come back with an answer; again in {BackoffMs} ms: {Reason}")]
        public static partial void CallRetried(ILogger logger, string call, double backoffMs, string reason);
    }
}
