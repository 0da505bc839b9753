using Spillway.Kafka.Errors;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>What readers of committed records are told: how far they may read, and what of it to leave out.</summary>
public sealed class StableOffsetTests
{
    private readonly TransactionContext _context = new();
    private readonly long _log;
    private readonly long _other;

    public StableOffsetTests()
    {
        var logs = _context.Base.CreateTopic("a", 2);
        (_log, _other) = (logs[0], logs[1]);
    }

    private PartitionLog Log => _context.Base.Log(_log);

    [Fact]
    public void The_first_open_transaction_holds_the_stable_offset()
    {
        var (t, u) = (_context.Init("t"), _context.Init("u"));
        _context.ProducePlain(_log);
        Assert.Equal(1, Log.LastStableOffset);
        _context.Produce(t, _log, 0, version: 2);
        _context.Produce(_log, u.ProducerId, 0, 0, version: 2, id: "u");
        _context.ProducePlain(_log);
        Assert.Equal((4, 1), (Log.NextOffset, Log.LastStableOffset));

        _context.End(t, commit: true, version: 2);
        Assert.Equal((5, 2), (Log.NextOffset, Log.LastStableOffset));

        _context.End(u, commit: false, version: 2, id: "u");
        Assert.Equal((6, 6), (Log.NextOffset, Log.LastStableOffset));
    }

    [Fact]
    public void All_partitions_of_a_transaction_get_one_marker_each_at_once()
    {
        var t = _context.Init();
        _context.AddPartitions(t, _log, _other);
        _context.Produce(t, _log, 0, version: 1, records: 2);

        _context.End(t, commit: false, version: 1);

        Assert.Equal([2], _context.Markers(_log).Select(m => m.BaseOffset));
        Assert.Equal([0], _context.Markers(_other).Select(m => m.BaseOffset));
        Assert.Equal((3, 3), (Log.NextOffset, Log.LastStableOffset));
        Assert.Equal((2, -1), (Log.Aborted.LastOffset, _context.Base.Log(_other).Aborted.LastOffset));
    }

    [Fact]
    public void A_range_is_told_the_aborted_transactions_that_overlap_it()
    {
        var producers = Enumerable.Range(0, 4).Select(i => _context.Init($"p{i}")).ToArray();
        Produce(0);             // 0
        Produce(1);             // 1
        End(1, commit: false);  // 2: [1, 2]
        Produce(2);             // 3
        Produce(3);             // 4
        End(3, commit: true);   // 5
        End(0, commit: false);  // 6: [0, 6]
        End(2, commit: false);  // 7: [3, 7]

        Assert.Equal([(1, 2), (0, 6), (3, 7)], Find(0, 8));
        Assert.Equal([(1, 2), (0, 6)], Find(0, 2));
        Assert.Equal([(0, 6)], Find(0, 1));
        Assert.Equal([(0, 6)], Find(3, 3));
        Assert.Equal([(0, 6), (3, 7)], Find(3, 8));
        Assert.Equal([(3, 7)], Find(7, 8));
        Assert.Empty(Find(8, 9));
        Assert.Equal([(1, 2)], Find(0, 8, countMax: 1));
        Assert.Equal(7, Log.Aborted.LastOffset);

        void Produce(int i) => _context.Produce(_log, producers[i].ProducerId, 0, 0, version: 2, id: $"p{i}");
        void End(int i, bool commit) => _context.End(producers[i], commit, version: 2, id: $"p{i}");
    }

    [Fact]
    public void What_is_aborted_is_known_as_long_as_the_index_names_it()
    {
        var t = _context.Init();
        _context.Produce(t, _log, 0, version: 2, records: 5);
        _context.End(t, commit: false, version: 2);
        _context.ProducePlain(_log);

        _context.Base.DeleteRecords(_log, 3);
        Assert.Equal([(0, 5)], Find(3, 7));
        _context.Base.DeleteRecords(_log, 5);
        Assert.Equal([(0, 5)], Find(5, 7));
        _context.Base.DeleteRecords(_log, 6);
        _context.Base.Trim();

        Assert.Equal((0, -1), (Log.Aborted.Count, Log.Aborted.LastOffset));
    }

    [Fact]
    public void Records_of_an_open_transaction_may_be_deleted()
    {
        var t = _context.Init();
        _context.Produce(t, _log, 0, version: 2, records: 5);
        _context.Base.DeleteRecords(_log, 3);
        Assert.Equal(3, Log.LastStableOffset);
        _context.Base.DeleteRecords(_log, 5);
        Assert.Equal(5, Log.LastStableOffset);
        _context.ProducePlain(_log);
        Assert.Equal(5, Log.LastStableOffset);

        _context.End(t, commit: true, version: 2);

        Assert.Equal((7, 7), (Log.NextOffset, Log.LastStableOffset));
    }

    [Fact]
    public void A_topic_deleted_under_an_open_transaction_leaves_the_rest_of_it()
    {
        var kept = _context.Base.CreateTopic("b")[0];
        var t = _context.Init();
        _context.Produce(t, _log, 0, version: 2);
        _context.Produce(t, kept, 0, version: 2);

        _context.Base.DeleteTopic("a");
        _context.Base.Trim();

        Assert.Equal(0, _context.End(t, commit: true, version: 2).ErrorCode);
        Assert.Single(_context.Markers(kept));
        Assert.Equal(2, _context.Base.Log(kept).LastStableOffset);
    }

    [Fact]
    public void A_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced()
    {
        var t = _context.Init(timeoutMs: 1_000);
        _context.Produce(t, _log, 0, version: 2);
        _context.Base.NowMs += 999;
        Assert.Equal(0, _context.AbortTimedOut());

        _context.Base.NowMs += 1;
        Assert.Equal(1, _context.AbortTimedOut());
        Assert.Equal(0, _context.AbortTimedOut());

        Assert.Equal((0, 1), _context.Aborted(_log).Select(a => (a.FirstOffset, a.LastOffset)).Single());
        Assert.Equal(_context.Base.NowMs, _context.Markers(_log).Single().MaxTimestamp);
        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, _context.Produce(t, _log, 1, version: 2).ErrorCode);
        foreach (var commit in new[] { false, true })
        {
            Assert.Equal((int)ErrorCode.ProducerFenced, _context.End(t, commit, version: 1).ErrorCode);
            Assert.Equal((int)ErrorCode.ProducerFenced, _context.End(t, commit, version: 2).ErrorCode);
        }
    }

    [Fact]
    public void What_the_leader_saw_is_judged_again_when_it_is_applied()
    {
        var t = _context.Init(timeoutMs: 1_000);
        _context.Produce(t, _log, 0, version: 2);
        _context.Base.NowMs += 1_000;
        var seen = new OpenTransaction { TransactionalId = "t", ProducerId = t.ProducerId, ProducerEpoch = t.ProducerEpoch };
        _context.End(t, commit: true, version: 2);
        _context.Produce(_log, t.ProducerId, 1, 0, version: 2);
        _context.Base.NowMs += 1_000;

        var aborted = _context.Base.Apply<Metadata.Transactions.AbortedCount>(new Command
        {
            AbortTimedOut = new AbortTimedOut { Transactions = { seen } },
        });

        Assert.Equal(0, aborted.Count);
        Assert.True(_context.Table.Find("t")!.IsOngoing);
    }

    [Theory]
    [InlineData(32_764, 32_766)]
    [InlineData(32_765, 0)]
    [InlineData(32_766, 0)]
    public void Fencing_uses_epochs_up_too(int epoch, int next)
    {
        var t = _context.Init(timeoutMs: 1_000);
        _context.Table.Find("t")!.Epoch = (short)epoch;
        _context.Produce(_log, t.ProducerId, epoch, 0, version: 2);
        _context.Base.NowMs += 1_000;

        _context.AbortTimedOut();

        var state = _context.Table.Find("t")!;
        Assert.Equal((next, next > 0), (state.Epoch, state.ProducerId == t.ProducerId));
        Assert.Equal(epoch + 1, _context.Markers(_log).Single().ProducerEpoch);
        Assert.Equal(state, _context.Table.FindByProducer(state.ProducerId));
        Assert.NotEqual(0, _context.End("t", t.ProducerId, epoch, commit: false, version: 2).ErrorCode);
    }

    /// <summary>KIP-664. There is no part of a transaction that ends by itself.</summary>
    [Fact]
    public void An_administrator_aborts_a_producers_open_transaction_as_a_whole()
    {
        var t = _context.Init();
        _context.Produce(t, _log, 0, version: 2);
        _context.Produce(t, _other, 0, version: 2);

        Assert.Equal([(int)ErrorCode.UnknownTopicOrPartition], Abort(t.ProducerId, 0, 4711).ErrorCodes);
        Assert.False(Abort(t.ProducerId + 1, 0, _log).Aborted);
        Assert.Empty(_context.Aborted(_log));

        var result = Abort(t.ProducerId, 0, _log);

        Assert.Equal([0], result.ErrorCodes);
        Assert.True(result.Aborted);
        Assert.Single(_context.Aborted(_log));
        Assert.Single(_context.Aborted(_other));
        Assert.Equal((int)ErrorCode.InvalidProducerEpoch, _context.Produce(t, _log, 1, version: 2).ErrorCode);
    }

    [Fact]
    public void An_administrator_aborts_nothing_that_a_later_epoch_began()
    {
        var t = _context.Init();
        var next = _context.Init();
        _context.Produce(next, _log, 0, version: 2);

        Assert.Equal([(int)ErrorCode.InvalidProducerEpoch], Abort(t.ProducerId, t.ProducerEpoch, _log).ErrorCodes);
        Assert.True(_context.Table.Find("t")!.IsOngoing);
    }

    private (int First, int Last)[] Find(long from, long to, int countMax = 100)
    {
        var reply = OffsetQueries.FindAborted(
            _context.Base.State,
            new FindAbortedRequest { LogId = _log, FromOffset = from, ToOffset = to, CountMax = countMax });
        Assert.Equal(countMax < 3, reply.More);
        return [.. reply.Aborted.Select(a => ((int)a.FirstOffset, (int)a.LastOffset))];
    }

    private AbortProducerResult Abort(long producerId, int epoch, long logId) => _context.Base.Apply<AbortProducerResult>(new Command
    {
        AbortProducer = new AbortProducerCall { ProducerId = producerId, ProducerEpoch = epoch, LogIds = { logId } },
    });
}
