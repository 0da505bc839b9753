using Spillway.Rpc;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Sessions;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Loops;
using Spillway.Storage.Faults;

namespace Spillway.S3Compactor.Planning;

/// <summary>
/// Leases one job of its lane after the other and carries it out. Metadata plans them, so the loop holds nothing that a second compactor would need: a
/// job that ends half-way, however it ends, is planned anew.
/// </summary>
internal sealed partial class JobLoop : BackgroundLoop, IDrainable
{
    private readonly JobLane _lane;
    private readonly JobMetadataClient _metadata;
    private readonly CompactorSession _session;
    private readonly JobRunners _runners;
    private readonly IFailPoints _failPoints;
    private readonly S3CompactorMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<JobLoop> _logger;
    private readonly SemaphoreSlim _turn = new(1); // a step and the drain exclude each other
    private volatile bool _isDraining;

    public JobLoop(
        JobLane lane,
        JobMetadataClient metadata,
        CompactorSession session,
        JobRunners runners,
        S3CompactorOptions options,
        S3CompactorMetrics metrics,
        LoopEnvironment environment)
        : base(lane.Name, options.PollInterval, environment)
    {
        _lane = lane;
        _metadata = metadata;
        _session = session;
        _runners = runners;
        _failPoints = runners.FailPoints;
        _metrics = metrics;
        _time = environment.Time;
        _logger = environment.Loggers.CreateLogger<JobLoop>();
    }

    public DrainStage Stage => DrainStage.FinishInFlight;

    /// <summary>Takes no more jobs and lets the one in hand come to its end; what is left undone is planned anew.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        await _turn.WaitAsync(cancellationToken);
        _turn.Release();
    }

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return !_isDraining && _session.Identity is { } identity && await AskAsync(identity, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> AskAsync(CompactorIdentity identity, CancellationToken cancellationToken)
    {
        AcquireJobReply reply;
        try
        {
            reply = await _metadata.AcquireAsync(identity, _lane.Kinds, cancellationToken);
        }
        catch (RpcException e)
        {
            Log.NoAnswer(_logger, e.Message);
            return false;
        }

        if (reply.Fenced)
        {
            _session.End(identity);
        }

        return reply.Job is { } job && await RunJobAsync(identity, job, cancellationToken);
    }

    private async Task<bool> RunJobAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken)
    {
        await _failPoints.PassAsync(FailPoint.JobAcquired, cancellationToken);
        var ended = CancellationTokenSource.CreateLinkedTokenSource(_session.EndOf(identity), cancellationToken);
        await using var lease = JobLease.Start(_metadata, identity, job, _time, () => Heartbeat?.Beat(), ended);
        var startTimestamp = _time.GetTimestamp();
        try
        {
            var outcome = await RunAsync(identity, job, lease.Token);
            var reply = await _metadata.CompleteAsync(identity, job.JobId, outcome, lease.Token);
            await _failPoints.PassAsync(FailPoint.JobCompleted, cancellationToken);
            var name = reply.Lost ? "lost" : outcome.IsFailed ? "failed" : "done";
            _metrics.JobEnded(job.Kind, name, _time.GetElapsedTime(startTimestamp));
            return !outcome.IsFailed;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _metrics.JobEnded(job.Kind, "lost", _time.GetElapsedTime(startTimestamp));
            Log.LeaseLost(_logger, job.JobId, job.Kind);
            return true;
        }
    }

    /// <summary>Of whatever lane: metadata from before there were kinds gives a drain to whoever asks.</summary>
    private Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken)
    {
        if (_runners.Find(job.Kind) is { } runner)
        {
            return runner.RunAsync(identity, job, cancellationToken);
        }

        Log.UnknownKind(_logger, job.JobId, (int)job.Kind);
        return Task.FromResult(JobOutcome.Failed);
    }

    private static partial class Log
    {
        [LoggerMessage(1420, LogLevel.Warning, "Metadata did not answer a request for a job: {Reason}")]
        public static partial void NoAnswer(ILogger logger, string reason);

        [LoggerMessage(1421, LogLevel.Warning, "The lease of job {JobId} ({Kind}) was lost; what it left undone is planned anew.")]
        public static partial void LeaseLost(ILogger logger, long jobId, JobKind kind);

        [LoggerMessage(1422, LogLevel.Error, "Job {JobId} is of kind {Kind}, which this build does not know: upgrade the compactor.")]
        public static partial void UnknownKind(ILogger logger, long jobId, int kind);
    }
}
