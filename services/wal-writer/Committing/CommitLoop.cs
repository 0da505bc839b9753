using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Faults;
using Spillway.WalWriter.Flushing;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Committing;

/// <summary>
/// What is out of the ordinary in committing: a stream that broke, a block that metadata refused, a segment whose blocks have to move.
/// The ordinary goes past it (<see cref="BlockCommitter"/>). The one task that does so for its epoch.
/// </summary>
internal sealed partial class CommitLoop(
    BlockPipeline pipeline,
    BlockCommitter committer,
    WriterMetadataClient metadata,
    WakeSignal wake,
    Action<SessionEnd> end,
    WriterEnvironment environment)
{
    // Metadata asks for a block again when one before it got lost on the way: a few times, not for ever.
    private const int ResendCountMax = 100;

    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(1);

    private readonly ILogger<CommitLoop> _logger = environment.Loggers.CreateLogger<CommitLoop>();
    private TimeSpan _backoff = BackoffFirst;
    private long _resolvedCount;
    private int _resendCount;

    public async Task RunAsync(CancellationToken ended)
    {
        try
        {
            await committer.ReopenAsync();
            while (!pipeline.IsDrained)
            {
                if (committer.TakeTrouble() is { } trouble)
                {
                    await SettleAsync(trouble, ended);
                }
                else if (committer.HasWatched)
                {
                    await PassAsync(ended);
                }
                else if (pipeline.FindSegmentToLeave() is { } segment)
                {
                    await MoveAsync(segment);
                }
                else
                {
                    await wake.WaitAsync(ended);
                }
            }
        }
        finally
        {
            await committer.CloseAsync();
        }
    }

    private async Task SettleAsync(CommitTrouble trouble, CancellationToken ended)
    {
        NoteProgress();
        switch (trouble.Outcome?.Status)
        {
            case null:
                await ReopenAsync(trouble.Failure!.Message, ended);
                break;
            case CommitStatus.Resend when ++_resendCount <= ResendCountMax:
                await ReopenAsync("metadata has not seen the block before", ended);
                break;
            case CommitStatus.SegmentSealed when pipeline.FindProposed(trouble.Outcome.BlockSeq) is { } segment:
                Log.SegmentSealedByMetadata(_logger, segment.SegmentId, trouble.Outcome.BlockSeq);
                // Those behind it were refused too, and are proposed anew when it has found its place.
                await committer.CloseAsync();
                await MoveAsync(segment);
                await committer.ReopenAsync();
                break;
            case CommitStatus.Fenced:
                end(SessionEnd.Fenced);
                break;
            default:
                LogBadReply(trouble.Outcome!);
                end(SessionEnd.Unavailable);
                break;
        }
    }

    private void NoteProgress()
    {
        if (committer.ResolvedCount != _resolvedCount)
        {
            _resolvedCount = committer.ResolvedCount;
            _backoff = BackoffFirst;
            _resendCount = 0;
        }
    }

    /// <summary>A call whose outcome is unknown is made again until it is known or the epoch ends.</summary>
    private async Task ReopenAsync(string reason, CancellationToken ended)
    {
        environment.Metrics.MetadataCallRetried();
        Log.StreamReopened(_logger, _backoff.TotalMilliseconds, reason);
        await Task.Delay(_backoff, environment.Time, ended);
        _backoff = _backoff * 2 < BackoffMax ? _backoff * 2 : BackoffMax;
        await committer.ReopenAsync();
    }

    private async Task PassAsync(CancellationToken ended)
    {
        try
        {
            await environment.FailPoints.PassAsync(FailPoint.BlockCommitted, ended);
            committer.SettleWatched();
        }
        catch (FailPointException e)
        {
            committer.LoseWatched(e.Message);
        }
    }

    /// <summary>P5: seal the segment, then write its blocks elsewhere under their sequences.</summary>
    private async Task MoveAsync(WriterSegment segment)
    {
        pipeline.Abandon(segment);
        if (!segment.IsSealed)
        {
            var reply = await metadata.SealSegmentAsync(segment.SegmentId);
            if (reply is null or { Fenced: true })
            {
                end(reply is null ? SessionEnd.Unavailable : SessionEnd.Fenced);
                return;
            }

            environment.Metrics.SegmentSealed(segment.Volume);
        }

        var movedCount = pipeline.MoveBlocks(segment);
        environment.Metrics.BlocksMoved(movedCount);
        Log.BlocksMoved(_logger, movedCount, segment.SegmentId);
    }

    private void LogBadReply(BlockOutcome outcome) => Log.BadReply(
        _logger, outcome.BlockSeq, outcome.Status, outcome.ExpectedBlockSeq, outcome.Batches.Length);

    private static partial class Log
    {
        [LoggerMessage(1211, LogLevel.Warning, "Segment {SegmentId} was sealed by metadata before block {BlockSeq} was committed.")]
        public static partial void SegmentSealedByMetadata(ILogger logger, long segmentId, long blockSeq);

        [LoggerMessage(1212, LogLevel.Warning, "{Count} blocks of segment {SegmentId} are written again in another segment.")]
        public static partial void BlocksMoved(ILogger logger, int count, long segmentId);

        [LoggerMessage(
            1213,
            LogLevel.Error,
            "Metadata answered block {BlockSeq} with {Status} (expected {ExpectedBlockSeq}, {ResultCount} results): the epoch ends.")]
        public static partial void BadReply(
            ILogger logger, long blockSeq, CommitStatus status, long expectedBlockSeq, int resultCount);

        [LoggerMessage(1214, LogLevel.Debug, "Blocks are proposed again on another stream in {BackoffMs} ms: {Reason}")]
        public static partial void StreamReopened(ILogger logger, double backoffMs, string reason);
    }
}
