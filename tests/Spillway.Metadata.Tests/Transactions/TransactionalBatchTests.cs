using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>Which batches are part of a transaction (KIP-98, KIP-890).</summary>
public sealed class TransactionalBatchTests
{
    private readonly TransactionContext _context = new();
    private readonly long _log;
    private readonly long _other;
    private readonly InitProducerResult _producer;

    public TransactionalBatchTests()
    {
        var logs = _context.Base.CreateTopic("a", 2);
        (_log, _other) = (logs[0], logs[1]);
        _producer = _context.Init();
    }

    [Fact]
    public void With_tv1_the_partition_must_have_been_added()
    {
        Assert.Equal((int)ErrorCode.TransactionAbortable, _context.Produce(_producer, _log, 0, version: 1).ErrorCode);

        _context.AddPartitions(_producer, _log);

        Assert.Equal(0, _context.Produce(_producer, _log, 0, version: 1).BaseOffset);
        Assert.Equal((int)ErrorCode.TransactionAbortable, _context.Produce(_producer, _other, 0, version: 1).ErrorCode);
    }

    [Fact]
    public void A_late_batch_does_not_open_a_transaction_again()
    {
        _context.AddPartitions(_producer, _log);
        _context.Produce(_producer, _log, 0, version: 1);
        _context.End(_producer, commit: true, version: 1);

        Assert.Equal((int)ErrorCode.TransactionAbortable, _context.Produce(_producer, _log, 1, version: 1).ErrorCode);
        Assert.Equal(2, _context.Base.Log(_log).NextOffset);
    }

    [Fact]
    public void With_tv2_a_batch_adds_its_partition_and_a_late_one_has_the_wrong_epoch()
    {
        Assert.Equal(0, _context.Produce(_producer, _log, 0, version: 2).BaseOffset);
        Assert.Equal(0, _context.Produce(_producer, _other, 0, version: 2).BaseOffset);
        Assert.Equal([_log, _other], _context.Table.Find("t")!.Logs);
        _context.End(_producer, commit: true, version: 2);

        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, _context.Produce(_producer, _log, 1, version: 2).ErrorCode);
        Assert.Equal(2, _context.Produce(_log, _producer.ProducerId, 1, 0, version: 2).BaseOffset);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_batch_sent_again_gets_the_offset_it_had(int version)
    {
        _context.AddPartitions(_producer, _log);
        _context.Produce(_producer, _log, 0, version);
        var first = _context.Produce(_producer, _log, 1, version);

        var again = _context.Produce(_producer, _log, 1, version);

        Assert.Equal((0, first.BaseOffset, true), (again.ErrorCode, again.BaseOffset, again.Duplicate));
    }

    /// <summary>What was stored is not taken back by the transaction's end: a retry learns where it is.</summary>
    [Fact]
    public void With_tv1_a_batch_sent_again_after_the_end_is_still_a_duplicate()
    {
        _context.AddPartitions(_producer, _log);
        _context.Produce(_producer, _log, 0, version: 1);
        _context.End(_producer, commit: true, version: 1);

        var again = _context.Produce(_producer, _log, 0, version: 1);

        Assert.Equal((0, 0, true), (again.ErrorCode, again.BaseOffset, again.Duplicate));
        Assert.Equal(2, _context.Base.Log(_log).LastStableOffset);
    }

    [Fact]
    public void With_tv1_sequences_go_on_over_transactions_and_with_tv2_they_begin_anew()
    {
        _context.AddPartitions(_producer, _log);
        _context.Produce(_producer, _log, 0, version: 1, records: 4);
        _context.End(_producer, commit: true, version: 1);
        _context.AddPartitions(_producer, _log);

        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, _context.Produce(_producer, _log, 5, version: 1).ErrorCode);
        Assert.Equal(5, _context.Produce(_producer, _log, 4, version: 1).BaseOffset);

        _context.End(_producer, commit: true, version: 2);
        Assert.Equal(
            (int)ErrorCode.OutOfOrderSequenceNumber, _context.Produce(_log, _producer.ProducerId, 1, 5, version: 2).ErrorCode);
        Assert.Equal(7, _context.Produce(_log, _producer.ProducerId, 1, 0, version: 2).BaseOffset);
    }

    [Fact]
    public void With_tv2_nothing_but_zero_is_first_in_a_partition()
    {
        // Ids below are forgotten ones: with TV1 they may begin anywhere.
        _context.Base.Log(_other).Producers.ForgottenBelow = long.MaxValue;

        Assert.Equal((int)ErrorCode.OutOfOrderSequenceNumber, _context.Produce(_producer, _other, 3, version: 2).ErrorCode);
        Assert.False(_context.Table.Find("t")!.IsOngoing);
    }

    [Fact]
    public void Only_a_transactional_ids_own_producer_writes_to_its_transaction()
    {
        var other = _context.Init("u");
        var plain = _context.Base.Apply<AllocateProducerIdsResult>(new Command
        {
            AllocateProducerIds = new AllocateProducerIdsCall { Count = 1 },
        }).FirstProducerId;

        Assert.Equal(
            (int)ErrorCode.InvalidProducerIdMapping, _context.Produce(_log, other.ProducerId, 0, 0, version: 2, id: "t").ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidProducerIdMapping, _context.Produce(_log, plain, 0, 0, version: 2).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, _context.Produce(_log, _producer.ProducerId, 1, 0, version: 2).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidRecord, _context.Produce(_log, -1, -1, -1, version: 2).ErrorCode);
        Assert.Equal(0, _context.Base.Log(_log).NextOffset);
    }

    [Fact]
    public void What_is_no_part_of_the_transaction_is_refused_while_it_is_open_in_the_partition()
    {
        _context.Produce(_producer, _log, 0, version: 2);

        Assert.Equal((int)ErrorCode.InvalidTxnState, _context.Produce(_producer, _log, 1, version: 0).ErrorCode);
        Assert.Equal(
            (int)ErrorCode.InvalidTxnState, _context.Produce(_log, _producer.ProducerId, 1, 0, version: 0).ErrorCode);
        Assert.Equal(0, _context.Produce(_producer, _other, 0, version: 0).BaseOffset);
    }

    [Fact]
    public void All_partitions_are_added_or_none()
    {
        var result = _context.AddPartitions("t", _producer.ProducerId, 0, _log, 4711, _other);

        Assert.Equal(
            [(int)ErrorCode.OperationNotAttempted, (int)ErrorCode.UnknownTopicOrPartition, (int)ErrorCode.OperationNotAttempted],
            result.ErrorCodes);
        Assert.False(_context.Table.Find("t")!.IsOngoing);
    }

    [Fact]
    public void Partitions_are_added_by_the_current_producer_only()
    {
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.AddPartitions("t", _producer.ProducerId, 1, _log).ErrorCodes[0]);
        Assert.Equal(
            (int)ErrorCode.InvalidProducerIdMapping, _context.AddPartitions("t", _producer.ProducerId + 1, 0, _log).ErrorCodes[0]);
        Assert.Equal(
            (int)ErrorCode.InvalidProducerIdMapping, _context.AddPartitions("u", _producer.ProducerId, 0, _log).ErrorCodes[0]);
    }

    [Fact]
    public void A_producer_with_an_open_transaction_is_never_idle()
    {
        _context.Produce(_producer, _log, 0, version: 2);
        _context.Base.NowMs += 1_000_000_000;
        Assert.False(_context.Base.Log(_log).Producers.AnyIdleSince(_context.Base.NowMs));
        ExpireProducers();

        Assert.Equal(1, _context.Produce(_producer, _log, 1, version: 2).BaseOffset);
        _context.End(_producer, commit: false, version: 2);
        Assert.Equal((0, 2), _context.Aborted(_log).Select(a => (a.FirstOffset, a.LastOffset)).Single());

        _context.Base.NowMs += 1_000_000_000;
        Assert.True(_context.Base.Log(_log).Producers.AnyIdleSince(_context.Base.NowMs));
        ExpireProducers();
        Assert.Equal(0, _context.Base.Log(_log).Producers.Count);
    }

    private void ExpireProducers() => _context.Base.Apply<ExpireProducers>(new Command
    {
        ExpireProducers = new ExpireProducers { LogIds = { _log }, IdleMs = 1_000 },
    });
}
