using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests;

/// <summary>A WAL writer as the state sees it.</summary>
internal sealed class TestWriter(StateContext context, RegisterReply registration)
{
    private int _tokens;

    public int Id { get; } = registration.NodeId;

    public long Epoch { get; set; } = registration.Epoch;

    public long NextSeq { get; set; } = 1;

    /// <summary>Opened by the first commit.</summary>
    public long SegmentId { get; set; }

    public OpenSegmentReply Open(string? token = null)
    {
        var reply = context.Apply<OpenSegmentReply>(new Command
        {
            OpenSegment = new OpenSegmentRequest
            {
                WriterId = Id, WriterEpoch = Epoch, Volume = "v", RequestToken = token ?? $"{Epoch}-{++_tokens}",
            },
        });
        SegmentId = reply.SegmentId;
        return reply;
    }

    public CommitBlockRequest Block(params BatchCommit[] batches) => new()
    {
        WriterId = Id,
        WriterEpoch = Epoch,
        SegmentId = SegmentId,
        BlockSeq = NextSeq,
        Batches = { batches },
    };

    public CommitBlockReply Send(CommitBlockRequest block) =>
        context.Apply<CommitBlockReply>(new Command { CommitBlock = block.Clone() });

    public CommitBlockReply Commit(params BatchCommit[] batches)
    {
        if (SegmentId == 0)
        {
            Open();
        }

        var reply = Send(Block(batches));
        if (reply.Status == CommitStatus.Committed)
        {
            NextSeq++;
        }

        return reply;
    }

    /// <summary>Commits one batch and gives its result.</summary>
    public BatchCommitResult CommitOne(BatchCommit batch)
    {
        var reply = Commit(batch);
        Assert.Equal(CommitStatus.Committed, reply.Status);
        return reply.Results[0];
    }

    public SealSegmentReply Seal(long? segmentId = null) => context.Apply<SealSegmentReply>(new Command
    {
        SealSegment = new SealSegmentRequest { WriterId = Id, WriterEpoch = Epoch, SegmentId = segmentId ?? SegmentId },
    });
}
