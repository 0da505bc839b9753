using Spillway.Kafka.Errors;
using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Segments;

/// <summary>Blocks, their idempotence and their fences (design.md §2, P2, P3, P5).</summary>
public sealed class BlockCommitTests
{
    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly long _log;

    public BlockCommitTests()
    {
        _writer = _context.NewWriter();
        _log = _context.CreateTopic()[0];
        _writer.Open();
    }

    [Fact]
    public void Offsets_follow_one_another_over_blocks_and_writers()
    {
        var other = _context.NewWriter("b");

        Assert.Equal(0, _writer.CommitOne(_context.Batch(_log, 3)).BaseOffset);
        Assert.Equal(3, other.CommitOne(_context.Batch(_log, 2)).BaseOffset);
        Assert.Equal(5, _writer.CommitOne(_context.Batch(_log, 1)).BaseOffset);
        Assert.Equal(6, _context.Log(_log).HighWatermark);
    }

    [Fact]
    public void A_retried_block_gets_the_first_answer_and_adds_nothing()
    {
        var block = _writer.Block(_context.Batch(_log, 3), _context.Batch(_log, 2));
        var first = _writer.Send(block);
        _writer.NextSeq = 2;
        _writer.Commit(_context.Batch(_log, 1));

        var again = _writer.Send(block);

        Assert.Equal(first, again);
        Assert.Equal(6, _context.Log(_log).NextOffset);
        Assert.Equal(3, _context.Entries(_log).Length);
    }

    [Fact]
    public void A_gap_is_answered_with_where_to_go_on()
    {
        _writer.CommitOne(_context.Batch(_log));
        var ahead = _writer.Block(_context.Batch(_log));
        ahead.BlockSeq = 3;

        var reply = _writer.Send(ahead);

        Assert.Equal(CommitStatus.Resend, reply.Status);
        Assert.Equal(2, reply.ExpectedBlockSeq);
        Assert.Equal(1, _context.Log(_log).NextOffset);
    }

    [Fact]
    public void Answers_are_kept_for_the_window_and_then_forgotten()
    {
        for (var i = 0; i < AppliedBlocks.ResultsKept + 1; i++)
        {
            _writer.CommitOne(_context.Batch(_log));
        }

        var oldestKept = _writer.Block(_context.Batch(_log));
        oldestKept.BlockSeq = 2;
        var forgotten = _writer.Block(_context.Batch(_log));
        forgotten.BlockSeq = 1;

        Assert.Equal(1, _writer.Send(oldestKept).Results[0].BaseOffset);
        Assert.Equal(CommitStatus.Forgotten, _writer.Send(forgotten).Status);
        Assert.Equal(AppliedBlocks.ResultsKept + 1, _context.Log(_log).NextOffset);
    }

    [Fact]
    public void A_block_for_a_sealed_segment_comes_again_in_another_under_its_sequence()
    {
        _writer.CommitOne(_context.Batch(_log));
        _writer.Seal();

        var refused = _writer.Commit(_context.Batch(_log, 4));
        _writer.Open();
        var accepted = _writer.Commit(_context.Batch(_log, 4));

        Assert.Equal(CommitStatus.SegmentSealed, refused.Status);
        Assert.Equal(CommitStatus.Committed, accepted.Status);
        Assert.Equal(1, accepted.Results[0].BaseOffset);
        Assert.Equal(_writer.SegmentId, _context.Entries(_log)[1].ContainerId);
    }

    [Fact]
    public void A_retry_after_the_seal_is_still_answered_with_what_was_applied()
    {
        var block = _writer.Block(_context.Batch(_log, 3));
        var first = _writer.Send(block);
        _writer.Seal();

        Assert.Equal(first, _writer.Send(block));
    }

    [Fact]
    public void A_stale_writer_epoch_is_fenced()
    {
        var late = _writer.Block(_context.Batch(_log));
        _context.NewWriter(process: "p2");

        Assert.Equal(CommitStatus.Fenced, _writer.Send(late).Status);
        Assert.True(_writer.Open().Fenced);
        Assert.True(_writer.Seal().Fenced);
        Assert.Equal(0, _context.Log(_log).NextOffset);
    }

    [Fact]
    public void A_new_epoch_seals_the_segments_of_the_old_one()
    {
        _writer.CommitOne(_context.Batch(_log));
        var old = _writer.SegmentId;

        var next = _context.NewWriter(process: "p2");

        Assert.Equal(_writer.Id, next.Id);
        Assert.True(next.Epoch > _writer.Epoch);
        Assert.True(_context.State.Containers.FindSegment(old)!.Sealed);
        next.SegmentId = old;
        Assert.Equal(CommitStatus.SegmentSealed, next.Send(next.Block(_context.Batch(_log))).Status);
    }

    [Fact]
    public void An_expired_lease_ends_the_epoch_for_good_but_not_what_was_applied()
    {
        var applied = _writer.Block(_context.Batch(_log));
        var first = _writer.Send(applied);
        _writer.NextSeq = 2;
        _context.NowMs += StateContext.LeaseMs + 1;
        _context.ExpireDeadlines();

        Assert.Equal(CommitStatus.Fenced, _writer.Send(_writer.Block(_context.Batch(_log))).Status);
        Assert.Equal(first, _writer.Send(applied));
        Assert.True(_context.State.Containers.FindSegment(_writer.SegmentId)!.Sealed);
    }

    [Fact]
    public void Another_writers_segment_is_not_ones_own()
    {
        var other = _context.NewWriter("b");
        other.SegmentId = _writer.SegmentId;

        Assert.Equal(CommitStatus.SegmentSealed, other.Send(other.Block(_context.Batch(_log))).Status);
    }

    [Fact]
    public void An_open_that_is_retried_gives_the_same_segment()
    {
        var first = _writer.Open("token");

        Assert.Equal(first, _writer.Open("token"));
        Assert.NotEqual(first.SegmentId, _writer.Open("another").SegmentId);
    }

    [Fact]
    public void A_batch_for_a_topic_that_has_gone_is_refused_alone()
    {
        var gone = _context.CreateTopic("gone")[0];
        _context.DeleteTopic("gone");

        var reply = _writer.Commit(_context.Batch(gone), _context.Batch(_log), _context.Batch(987_654));

        Assert.Equal(
            [(int)ErrorCode.UnknownTopicOrPartition, 0, (int)ErrorCode.UnknownTopicOrPartition],
            reply.Results.Select(r => r.ErrorCode));
        Assert.Equal(0, reply.Results[1].BaseOffset);
    }

    [Fact]
    public void Adjacent_batches_of_a_partition_become_one_entry()
    {
        _writer.Commit(At(0, 100, 2, 5), At(100, 50, 3, 9), At(150, 10, 1, 7));

        var entry = Assert.Single(_context.Entries(_log));
        Assert.Equal((0, 5, 9, 0, 160), (entry.BaseOffset, entry.LastOffset, entry.MaxTimestamp, entry.Position, entry.Length));
    }

    [Fact]
    public void Batches_that_are_not_adjacent_stay_apart()
    {
        _writer.Commit(At(0, 100, 2), At(101, 50, 3));

        Assert.Equal(2, _context.Entries(_log).Length);
    }

    [Fact]
    public void A_refused_batch_is_never_inside_an_entry()
    {
        var refused = At(100, 50, 1);
        refused.ProducerId = 7;
        refused.ProducerEpoch = 0;
        refused.BaseSequence = -1;

        _writer.Commit(At(0, 100, 2), refused, At(150, 100, 2));

        Assert.Equal([(0L, 100L), (150L, 100L)], _context.Entries(_log).Select(e => (e.Position, e.Length)));
    }

    [Fact]
    public void An_entry_holds_a_mebibyte_at_most_unless_one_batch_is_larger()
    {
        const int Large = 3 << 20;

        _writer.Commit(At(0, Large, 1), At(Large, 1 << 19, 1), At(Large + (1 << 19), 1 << 19, 1), At(Large + (1 << 20), 1, 1));

        Assert.Equal([Large, 1 << 20, 1], _context.Entries(_log).Select(e => (int)e.Length));
    }

    [Fact]
    public void An_entry_that_was_visible_never_changes()
    {
        var first = _writer.Block(At(0, 100, 2));
        first.PayloadPosition = 4096;
        _writer.Send(first);
        _writer.NextSeq = 2;
        var adjacent = _writer.Block(At(0, 100, 2));
        adjacent.PayloadPosition = 4196;
        _writer.Send(adjacent);

        Assert.Equal(2, _context.Entries(_log).Length);
    }

    private BatchCommit At(int position, int length, int records, long timestamp = 0)
    {
        var batch = _context.Batch(_log, records, length, timestamp: timestamp);
        batch.Position = position;
        return batch;
    }
}
