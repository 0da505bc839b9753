using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Producers;

/// <summary>Kafka's rules for idempotent producers, one by one (leaderless-lessons §3.1).</summary>
public sealed class IdempotentProducerTests
{
    private const int MaxSequence = int.MaxValue;

    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly long _log;

    public IdempotentProducerTests()
    {
        _writer = _context.NewWriter();
        _log = _context.CreateTopic()[0];
    }

    [Fact]
    public void Sequences_that_follow_one_another_are_appended()
    {
        Assert.Equal(0, Produce(0, 3).BaseOffset);
        Assert.Equal(3, Produce(3, 2).BaseOffset);
        Assert.Equal(5, Produce(5, 1).BaseOffset);
    }

    [Fact]
    public void A_batch_sent_again_gets_the_offset_it_had()
    {
        Produce(0, 3);
        var first = Produce(3, 2);
        Produce(5, 1);

        var again = Produce(3, 2);

        Assert.Equal((int)ErrorCode.None, again.ErrorCode);
        Assert.True(again.Duplicate);
        Assert.Equal(first.BaseOffset, again.BaseOffset);
        Assert.Equal(6, _context.Log(_log).NextOffset);
    }

    [Fact]
    public void All_of_the_last_five_are_known_and_the_sixth_is_not()
    {
        for (var i = 0; i < 6; i++)
        {
            Produce(i * 10, 10);
        }

        for (var i = 1; i < 6; i++)
        {
            Assert.Equal(i * 10, Produce(i * 10, 10).BaseOffset);
        }

        Assert.Equal((int)ErrorCode.DuplicateSequenceNumber, Produce(0, 10).ErrorCode);
    }

    [Fact]
    public void A_gap_is_out_of_order()
    {
        Produce(0, 3);

        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(4, 1).ErrorCode);
        Assert.Equal(3, _context.Log(_log).NextOffset);
    }

    [Fact]
    public void A_batch_with_other_borders_than_the_known_ones_is_out_of_order()
    {
        Produce(0, 3);
        Produce(3, 3);

        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(3, 2).ErrorCode);
        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(4, 2).ErrorCode);
        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(5, 2).ErrorCode);
    }

    [Fact]
    public void A_producer_that_the_cluster_does_not_know_may_begin_at_any_sequence()
    {
        Assert.Equal(0, Produce(1234, 2).BaseOffset);
        Assert.Equal(2, Produce(1236, 2).BaseOffset);
    }

    /// <summary>The first batches went to a writer that failed, and the next one overtook their retry by way of another.</summary>
    [Fact]
    public void A_batch_that_overtook_a_new_producers_first_one_waits_for_it()
    {
        AllocateProducerIds();

        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(5, 1).ErrorCode);
        Assert.Equal(0, Produce(0, 5).BaseOffset);
        Assert.Equal(5, Produce(5, 1).BaseOffset);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_producer_whose_state_has_aged_out_may_begin_at_any_sequence(bool isRestored)
    {
        AllocateProducerIds();
        Produce(0, 5);
        Expire(0);
        if (isRestored)
        {
            _context.Restore(_context.Snapshot());
        }

        Assert.Equal(5, Produce(77, 1).BaseOffset);
        Assert.Equal(
            (int)ErrorCode.OutOfOrderSequenceNumber,
            _writer.CommitOne(_context.Batch(_log, 1, producerId: 8, epoch: 0, sequence: 77)).ErrorCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_producer_goes_on_with_its_sequences_when_a_topic_is_made_again(bool isRestored)
    {
        AllocateProducerIds();
        Produce(0, 5);
        _context.DeleteTopic("t");
        if (isRestored)
        {
            _context.Restore(_context.Snapshot());
        }

        AllocateProducerIds();
        var again = _context.CreateTopic("t")[0];
        if (isRestored)
        {
            _context.Restore(_context.Snapshot());
        }

        Assert.Equal(0, _writer.CommitOne(_context.Batch(again, 1, producerId: 7, epoch: 0, sequence: 5)).BaseOffset);
        Assert.Equal(
            (int)ErrorCode.OutOfOrderSequenceNumber,
            _writer.CommitOne(_context.Batch(again, 1, producerId: 17, epoch: 0, sequence: 5)).ErrorCode);
    }

    [Fact]
    public void What_lies_before_an_unknown_producers_first_sequence_is_no_duplicate()
    {
        // To call it one would be to lose it: the client takes the code for success.
        Produce(100, 10);

        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(90, 10).ErrorCode);
    }

    [Fact]
    public void A_stale_producer_epoch_is_fenced()
    {
        Produce(0, 1, epoch: 3);

        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, Produce(1, 1, epoch: 2).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, Produce(0, 1, epoch: 2).ErrorCode);
    }

    [Fact]
    public void A_higher_producer_epoch_begins_at_zero()
    {
        Produce(0, 5, epoch: 0);

        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(5, 1, epoch: 1).ErrorCode);
        Assert.Equal(5, Produce(0, 1, epoch: 1).BaseOffset);
        Assert.Equal(6, Produce(1, 1, epoch: 1).BaseOffset);
    }

    [Fact]
    public void A_new_epochs_first_batch_is_no_duplicate_of_the_old_epochs()
    {
        Produce(0, 5, epoch: 0);

        var result = Produce(0, 5, epoch: 1);

        Assert.False(result.Duplicate);
        Assert.Equal(5, result.BaseOffset);
    }

    [Fact]
    public void Zero_follows_the_greatest_sequence()
    {
        Produce(MaxSequence - 1, 2);

        Assert.Equal(2, Produce(0, 3).BaseOffset);
        Assert.Equal(5, Produce(3, 1).BaseOffset);
    }

    [Fact]
    public void A_batch_may_wrap_around_within_itself_and_is_known_again()
    {
        var first = Produce(MaxSequence - 1, 5);
        Assert.Equal(0, first.BaseOffset);

        Assert.Equal(5, Produce(3, 1).BaseOffset);
        var again = Produce(MaxSequence - 1, 5);

        Assert.True(again.Duplicate);
        Assert.Equal(0, again.BaseOffset);
    }

    [Fact]
    public void Older_than_five_is_a_duplicate_across_the_wrap_too()
    {
        var sequence = MaxSequence - 25;
        for (var i = 0; i < 7; i++)
        {
            Assert.Equal((int)ErrorCode.None, Produce(sequence, 10).ErrorCode);
            sequence = (int)(((long)sequence + 10) & int.MaxValue);
        }

        Assert.Equal((int)ErrorCode.DuplicateSequenceNumber, Produce(MaxSequence - 25, 10).ErrorCode);
        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(sequence + 1, 10).ErrorCode);
    }

    [Fact]
    public void Producers_and_partitions_do_not_mix()
    {
        var other = _context.CreateTopic("u")[0];
        Produce(0, 5);

        Assert.Equal(0, _writer.CommitOne(_context.Batch(other, 2, producerId: 7, epoch: 0, sequence: 40)).BaseOffset);
        Assert.Equal(5, _writer.CommitOne(_context.Batch(_log, 2, producerId: 8, epoch: 0, sequence: 40)).BaseOffset);
    }

    [Fact]
    public void Within_one_block_each_batch_sees_those_before_it()
    {
        var reply = _writer.Commit(
            _context.Batch(_log, 2, producerId: 7, epoch: 0, sequence: 0),
            _context.Batch(_log, 2, producerId: 7, epoch: 0, sequence: 2),
            _context.Batch(_log, 2, producerId: 7, epoch: 0, sequence: 0),
            _context.Batch(_log, 2, producerId: 7, epoch: 0, sequence: 9));

        Assert.Equal([0, 2, 0, -1], reply.Results.Select(r => r.BaseOffset));
        Assert.Equal([false, false, true, false], reply.Results.Select(r => r.Duplicate));
        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, reply.Results[3].ErrorCode);
    }

    [Fact]
    public void An_idle_producer_is_forgotten_after_its_time_only()
    {
        Produce(0, 5);
        _context.NowMs += 999;
        Expire(1_000);
        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, Produce(77, 1).ErrorCode);

        _context.NowMs += 1;
        Expire(1_000);
        Assert.Equal(5, Produce(77, 1).BaseOffset);
    }

    /// <summary>Ten producer ids more; the first ten have the tests' own among them.</summary>
    private void AllocateProducerIds() => _context.Apply<AllocateProducerIdsResult>(new()
    {
        AllocateProducerIds = new() { Count = 10 },
    });

    private void Expire(long idleMs) => _context.Apply<Spillway.Rpc.Metadata.Persisted.ExpireProducers>(new()
    {
        ExpireProducers = new() { LogIds = { _log }, IdleMs = idleMs },
    });

    private BatchCommitResult Produce(int sequence, int records, int epoch = 0) =>
        _writer.CommitOne(_context.Batch(_log, records, producerId: 7, epoch: epoch, sequence: sequence));
}
