using System.Diagnostics.CodeAnalysis;
using Spillway.Rpc.Contracts;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Committing;
using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Sessions;

/// <summary>
/// One writer epoch at work: its pipeline, lanes and loops, from the registration to the drain or to the end that metadata,
/// a deadline or a bug brings. Nothing of it passes to the next epoch (P3).
/// </summary>
internal sealed partial class WriterSession : IAsyncDisposable
{
    // While metadata does not answer, lanes go on for a while; then appends gather into larger blocks.
    private static readonly PipelineLimits Limits = new(UnresolvedBlocksMax: 32, ProposedBlocksMax: 8);

    private readonly SegmentSealLoop _sealLoop;
    private readonly BlockCommitter _committer;
    private readonly CommitLoop _commitLoop;
    private readonly List<SegmentSupplyLoop> _supplyLoops = [];
    private readonly List<FlushLane> _lanes = [];
    private readonly WalWriterOptions _options;
    private readonly AppendBudget _budget;
    private readonly WalWriterMetrics _metrics;
    private readonly ILogger<WriterSession> _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _supplyStop;
    private readonly TaskCompletionSource<SessionEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private Task _committing = Task.CompletedTask;
    private Task _sealing = Task.CompletedTask;
    private Task _supplying = Task.CompletedTask;

    public WriterSession(
        WriterIdentity identity,
        IWalCommitService commits,
        WalStorage storage,
        WriterEnvironment environment)
    {
        Identity = identity;
        _options = environment.Options;
        _budget = environment.Budget;
        _metrics = environment.Metrics;
        _time = environment.Time;
        _logger = environment.Loggers.CreateLogger<WriterSession>();
        _supplyStop = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        var metadata = new WriterMetadataClient(commits, identity, environment, _ended.Token);
        var commitWake = new WakeSignal();
        _sealLoop = new SegmentSealLoop(metadata, segment => Pipeline!.Forget(segment), End, _metrics);
        Pipeline = new BlockPipeline(Limits, storage.Volumes, _time)
        {
            OnCommitWork = commitWake.Set,
            OnSegmentDone = _sealLoop.Add,
            OnCommitted = environment.Recent.Add,
            IsRoomScarce = () => environment.Budget.HasWaiting,
        };
        _committer = new BlockCommitter(Pipeline, commits, identity, commitWake, environment);
        _commitLoop = new CommitLoop(Pipeline, _committer, metadata, commitWake, End, environment);
        foreach (var slot in Pipeline.Slots)
        {
            _supplyLoops.Add(new SegmentSupplyLoop(slot, Pipeline, metadata, storage, End, environment, _ended.Token));
            for (var i = 0; i < slot.Volume.LaneCount; i++)
            {
                _lanes.Add(new FlushLane(i, slot, Pipeline, _committer, End, environment));
            }
        }
    }

    public WriterIdentity Identity { get; }

    public BlockPipeline Pipeline { get; }

    /// <summary>Ends with the reason when the epoch is over.</summary>
    public Task<SessionEnd> Ended => _end.Task;

    public void Start()
    {
        _metrics.Observe(Pipeline);
        _supplying = Task.WhenAll(_supplyLoops.Select(loop => RunAsync(loop.RunAsync, _supplyStop.Token)));
        _sealing = RunAsync(_sealLoop.RunAsync, _ended.Token);
        _committing = RunAsync(_commitLoop.RunAsync, _ended.Token);
        foreach (var lane in _lanes)
        {
            lane.Start(_ended.Token);
        }

        var shortest = Math.Min(
            Math.Min(_options.RollInterval.Ticks, _options.AppendTimeout.Ticks), _options.StallLimit.Ticks);
        var period = TimeSpan.FromTicks(
            Math.Clamp(shortest / 4, TimeSpan.TicksPerMillisecond * 5, TimeSpan.TicksPerSecond));
        _timer = _time.CreateTimer(static session => ((WriterSession)session!).OnTimer(), this, period, period);
    }

    /// <summary>Answers what was taken in, seals the segments, and ends. Cancelled, it answers what is left retriably.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        Pipeline.BeginDrain();
        try
        {
            await _committing.WaitAsync(cancellationToken);
            await _supplyStop.CancelAsync();
            await _supplying.WaitAsync(cancellationToken);
            Pipeline.RetireSegments();
            _sealLoop.Complete();
            await _sealing.WaitAsync(cancellationToken);
            End(SessionEnd.Drained);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            End(SessionEnd.Stopped);
        }
    }

    /// <summary>Ends the epoch; the first reason counts. Nothing is unanswered afterwards.</summary>
    public void End(SessionEnd end)
    {
        if (!_end.TrySetResult(end))
        {
            return;
        }

        if (end != SessionEnd.Drained)
        {
            _metrics.EpochEnded(end.Reason);
            Log.EpochEnded(_logger, Identity.WriterEpoch, end.Reason, end.Exception);
        }

        Pipeline.End(end.Error);
        _budget.RefuseBroken(Pipeline, end.Error);
        _ended.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        End(SessionEnd.Stopped);
        _metrics.Observe(null);
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }

        await Task.WhenAll(_committing, _sealing, _supplying);
        Pipeline.CloseSegments();
        _supplyStop.Dispose();
        _ended.Dispose();
    }

    private void OnTimer()
    {
        Pipeline.RollAged(_options.RollInterval);
        Pipeline.CheckVolumes();
        _committer.CheckOverdue();
        switch (Pipeline.FindOverdue(_options.AppendTimeout, _budget.FindOldest(Pipeline)))
        {
            case OverdueWork.Block:
                End(SessionEnd.Overdue);
                break;
            case OverdueWork.Queue:
                var count = Pipeline.FailQueued(SessionEnd.Overdue.Error);
                count += _budget.RefuseBroken(Pipeline, SessionEnd.Overdue.Error);
                _metrics.QueueFailed(count);
                Log.QueueFailed(_logger, count);
                break;
            default:
                break;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The reason goes to the session's owner, who stops the process.")]
    private async Task RunAsync(Func<CancellationToken, Task> loop, CancellationToken cancellationToken)
    {
        // Off the caller: a loop begins with work of its own.
        await Task.Yield();
        try
        {
            await loop(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || _ended.IsCancellationRequested)
        {
            // The end of the epoch, or of its supply.
        }
        catch (Exception e)
        {
            End(SessionEnd.Failed(e));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1241, LogLevel.Warning, "Writer epoch {WriterEpoch} is over: {Reason}.")]
        public static partial void EpochEnded(ILogger logger, long writerEpoch, string reason, Exception? exception);

        [LoggerMessage(1242, LogLevel.Warning, "{Count} appends found no volume to be written to in time and are refused.")]
        public static partial void QueueFailed(ILogger logger, int count);
    }
}
