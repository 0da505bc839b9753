using Spillway.Rpc.Metadata;
using Spillway.WalWriter.Flushing;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Committing;

/// <summary>
/// Proposes flushed blocks to metadata, strictly in order and several at a time, and acts on the answers: offsets to the
/// appends, again what metadata missed, elsewhere what lies in a segment that is sealed. The one task that does so for its epoch.
/// </summary>
internal sealed partial class CommitLoop(
    BlockPipeline pipeline,
    WriterMetadataClient metadata,
    WakeSignal wake,
    Action<SessionEnd> end,
    WriterEnvironment environment)
{
    private readonly ILogger<CommitLoop> _logger = environment.Loggers.CreateLogger<CommitLoop>();

    // Metadata asks for a block again when another overtook it on the way: a few times, not for ever.
    private const int ResendCountMax = 1000;

    public async Task RunAsync(CancellationToken ended)
    {
        while (!pipeline.IsDrained)
        {
            while (pipeline.GetCommitStep() is { Action: not CommitAction.None } step)
            {
                await RunStepAsync(step);
            }

            if (!pipeline.IsDrained)
            {
                await wake.WaitAsync(ended);
            }
        }
    }

    private Task RunStepAsync(CommitStep step)
    {
        switch (step.Action)
        {
            case CommitAction.Propose:
                Propose(step.Block!);
                return Task.CompletedTask;
            case CommitAction.Settle:
                return SettleAsync(step.Block!);
            default:
                return MoveAsync(step.Block!.Segment!);
        }
    }

    private void Propose(WriterBlock block)
    {
        var proposal = ProposeAsync(block.CreateRequest(metadata.Identity.WriterId));
        pipeline.SetProposal(block, proposal);

        // A continuation, so that the loop finds the task completed when it wakes.
        _ = proposal.ContinueWith(
            static (_, wake) => ((WakeSignal)wake!).Set(),
            wake,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task<CommitBlockReply?> ProposeAsync(CommitBlockRequest request)
    {
        var start = environment.Time.GetTimestamp();
        var reply = await metadata.CommitBlockAsync(request);
        environment.Metrics.ProposalAnswered(environment.Time.GetElapsedTime(start));
        return reply;
    }

    private async Task SettleAsync(WriterBlock head)
    {
        var reply = await head.Proposal!;
        switch (reply?.Status)
        {
            case null:
                end(SessionEnd.Unavailable);
                break;
            case CommitStatus.Committed when reply.Results.Count == head.Bytes.Count:
                pipeline.Resolve(head, reply);
                break;
            case CommitStatus.Resend when head.ResendCount < ResendCountMax:
                // What it expected then may have come since: the answer can be older than the ones before it.
                await ProposeAgainAsync();
                break;
            case CommitStatus.SegmentSealed:
                Log.SegmentSealedByMetadata(_logger, head.Segment!.SegmentId, head.BlockSeq);
                await WaitForProposalsAsync();
                await MoveAsync(head.Segment!);
                break;
            case CommitStatus.Fenced:
                end(SessionEnd.Fenced);
                break;
            default:
                Log.BadReply(_logger, head.BlockSeq, reply.Status, reply.ExpectedBlockSeq, reply.Results.Count);
                end(SessionEnd.Unavailable);
                break;
        }
    }

    /// <summary>Proposes again all that were asked for again, in order: they were, if the one before them was.</summary>
    private async Task ProposeAgainAsync()
    {
        foreach (var block in pipeline.GetProposed())
        {
            if (block.Proposal!.IsCompleted && (await block.Proposal)?.Status == CommitStatus.Resend)
            {
                block.ResendCount++;
                Propose(block);
            }
        }
    }

    private async Task WaitForProposalsAsync()
    {
        foreach (var block in pipeline.GetProposed())
        {
            await block.Proposal!;
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
    }
}
