using Spillway.Kafka.Errors;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>InitProducerId of a transactional id (KIP-98), with what the producer had before (KIP-360).</summary>
public sealed class InitProducerTests
{
    private readonly TransactionContext _context = new();
    private readonly long _log;

    public InitProducerTests() => _log = _context.Base.CreateTopic("a")[0];

    private TransactionalProducer State => _context.Table.Find("t")!;

    [Fact]
    public void A_new_id_gets_a_producer_id_that_nobody_else_has()
    {
        var first = _context.Init("t");
        var second = _context.Init("u");
        var block = _context.Base.Apply<AllocateProducerIdsResult>(new Command
        {
            AllocateProducerIds = new AllocateProducerIdsCall { Count = 10 },
        });

        Assert.Equal((0, 0), (first.ErrorCode, first.ProducerEpoch));
        Assert.NotEqual(first.ProducerId, second.ProducerId);
        Assert.True(block.FirstProducerId > second.ProducerId);
    }

    [Fact]
    public void Another_producer_under_the_id_fences_the_first()
    {
        var first = _context.Init();
        var second = _context.Init();

        Assert.Equal((first.ProducerId, 1), (second.ProducerId, second.ProducerEpoch));
        Assert.Equal(ErrorCode.ProducerFenced, _context.AddPartitions(first, _log));
        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, _context.Produce(first, _log, 0, version: 2).ErrorCode);
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.End(first, commit: true, version: 1).ErrorCode);
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.End(first, commit: false, version: 2).ErrorCode);
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.Init("t", first.ProducerId, first.ProducerEpoch).ErrorCode);
    }

    [Fact]
    public void A_producer_that_recovers_gets_the_next_epoch_and_the_same_one_when_it_asks_again()
    {
        var first = _context.Init();

        var next = _context.Init("t", first.ProducerId, 0);
        var again = _context.Init("t", first.ProducerId, 0);

        Assert.Equal((first.ProducerId, 1), (next.ProducerId, next.ProducerEpoch));
        Assert.Equal(next, again);
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.Init("t", first.ProducerId + 1, 1).ErrorCode);
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.Init("t", first.ProducerId, 2).ErrorCode);
    }

    [Fact]
    public void What_a_producer_had_means_nothing_where_the_id_is_not_known()
    {
        var producer = _context.Init("t", producerId: 4711, epoch: 3);

        Assert.Equal((0, 0), (producer.ErrorCode, producer.ProducerEpoch));
        Assert.NotEqual(4711, producer.ProducerId);
    }

    /// <summary>Kafka answers CONCURRENT_TRANSACTIONS and is asked again; here it is one step.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_open_transaction_is_aborted_by_who_takes_over(bool isSameProducer)
    {
        var first = _context.Init();
        _context.Produce(first, _log, 0, version: 2, records: 3);

        var next = isSameProducer ? _context.Init("t", first.ProducerId, first.ProducerEpoch) : _context.Init();

        Assert.True(next.Aborted);
        Assert.Equal((first.ProducerId, 2), (next.ProducerId, next.ProducerEpoch));
        Assert.Equal(TransactionState.Empty, State.State);
        Assert.Equal((3, 1, false), _context.Markers(_log).Select(m => (m.BaseOffset, m.ProducerEpoch, m.Commit)).Single());
        Assert.Equal((0, 3), _context.Aborted(_log).Select(a => (a.FirstOffset, a.LastOffset)).Single());
        Assert.Equal(4, _context.Base.Log(_log).LastStableOffset);
        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, _context.Produce(first, _log, 3, version: 2).ErrorCode);
        Assert.Equal(4, _context.Produce(next, _log, 0, version: 2).BaseOffset);
    }

    /// <summary>Kafka would abort first and fence only when asked again; a zombie must not harm its successor.</summary>
    [Fact]
    public void A_zombie_that_recovers_does_not_abort_its_successors_transaction()
    {
        var zombie = _context.Init();
        var current = _context.Init();
        _context.Produce(current, _log, 0, version: 2);

        Assert.Equal((int)ErrorCode.ProducerFenced, _context.Init("t", zombie.ProducerId, zombie.ProducerEpoch).ErrorCode);
        Assert.True(State.IsOngoing);
        Assert.Equal(0, _context.End(current, commit: true, version: 2).ErrorCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_its_epochs_used_up_an_id_gets_another_producer_id(bool isSameProducer)
    {
        var first = _context.Init();
        State.Epoch = TransactionalProducer.ExhaustedEpoch;

        var next = isSameProducer ? _context.Init("t", first.ProducerId, 32_766) : _context.Init();
        var again = _context.Init("t", first.ProducerId, 32_766);

        Assert.NotEqual(first.ProducerId, next.ProducerId);
        Assert.Equal(0, next.ProducerEpoch);
        if (isSameProducer)
        {
            Assert.Equal(next, again);
        }
        else
        {
            Assert.Equal((int)ErrorCode.ProducerFenced, again.ErrorCode);
        }

        Assert.Equal((int)ErrorCode.InvalidProducerIdMapping, _context.AddPartitions("t", first.ProducerId, 32_766, _log).ErrorCodes[0]);
        Assert.Equal(0, _context.AddPartitions("t", next.ProducerId, 0, _log).ErrorCodes[0]);
    }

    [Theory]
    [InlineData(32_765)]
    [InlineData(32_766)]
    public void Fencing_an_open_transaction_may_use_the_epochs_up(int epoch)
    {
        var first = _context.Init();
        State.Epoch = (short)epoch;
        _context.Produce(_log, first.ProducerId, epoch, 0, version: 2);

        var next = _context.Init();

        Assert.NotEqual(first.ProducerId, next.ProducerId);
        Assert.Equal(0, next.ProducerEpoch);
        Assert.Equal(epoch + 1, _context.Markers(_log).Single().ProducerEpoch);
    }

    [Fact]
    public void The_timeout_is_the_last_ones()
    {
        var first = _context.Init(timeoutMs: 1_000);
        _context.Init("t", first.ProducerId, 0, timeoutMs: 7_000);

        Assert.Equal(7_000, State.TimeoutMs);
    }

    [Fact]
    public void An_id_that_nobody_uses_is_forgotten_but_not_with_an_open_transaction()
    {
        var idle = _context.Init("t");
        var busy = _context.Init("u");
        _context.Produce(_log, busy.ProducerId, 0, 0, version: 2, id: "u");
        _context.Base.NowMs += 999;
        Expire(1_000);
        Assert.NotNull(_context.Table.Find("t"));

        _context.Base.NowMs += 1;
        Expire(1_000);

        Assert.Null(_context.Table.Find("t"));
        Assert.NotNull(_context.Table.Find("u"));
        Assert.Equal((int)ErrorCode.InvalidProducerIdMapping, _context.Produce(idle, _log, 0, version: 2).ErrorCode);
    }

    private void Expire(long idleMs) => _context.Base.Apply<ExpireTransactions>(new Command
    {
        ExpireTransactions = new ExpireTransactions { TransactionalIds = { "t", "u", "v" }, IdleMs = idleMs },
    });
}
