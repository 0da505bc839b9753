using Spillway.Kafka.Errors;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>
/// Calls of TV1 that were on their way before the transaction that is open began. All of a producer's transactions have its epoch there, so
/// that nothing in the call itself tells (KAFKA-17754; KIP-890 is the cure).
/// </summary>
public sealed class LateCallTests
{
    private readonly TransactionContext _context = new();
    private readonly long _log;
    private readonly InitProducerResult _producer;

    public LateCallTests()
    {
        _log = _context.Base.CreateTopic("a")[0];
        _producer = _context.Init();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_end_that_was_left_behind_does_not_end_the_next_transaction(bool commit)
    {
        Begin(sequence: 0);
        _context.Base.NowMs += 1_000;
        Assert.Equal(ErrorCode.None, End(waitedMs: 10, commit));
        _context.Base.NowMs += 1_000;
        Begin(sequence: 1);
        _context.Base.NowMs += 1_000;

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, End(waitedMs: 2_500, commit));

        Assert.Equal(TransactionState.Ongoing, _context.Table.Find("t")!.State);
        Assert.Single(_context.Markers(_log));
        Assert.Equal(ErrorCode.None, End(waitedMs: 0, commit: !commit));
        Assert.Equal([commit, !commit], _context.Markers(_log).Select(m => m.Commit));
    }

    /// <summary>It may have waited long, for a leader say; what counts is what it was there before.</summary>
    [Theory]
    [InlineData(1_000, ErrorCode.None)]
    [InlineData(1_001, ErrorCode.CoordinatorNotAvailable)]
    public void An_end_that_came_after_the_begin_is_not_late(long waitedMs, ErrorCode error)
    {
        Begin(sequence: 0);
        _context.Base.NowMs += 1_000;

        Assert.Equal(error, End(waitedMs, commit: true));
    }

    /// <summary>
    /// The state's time stands still where the next leader's clock is behind. A client that asks again then has waited for nothing, and must
    /// get through.
    /// </summary>
    [Theory]
    [InlineData(LateCalls.NoticedMs - 1, ErrorCode.None)]
    [InlineData(LateCalls.NoticedMs, ErrorCode.CoordinatorNotAvailable)]
    public void While_time_stands_still_what_comes_at_once_is_not_late(long waitedMs, ErrorCode error)
    {
        Begin(sequence: 0);
        _context.Base.NowMs -= 5_000;

        Assert.Equal(error, End(waitedMs, commit: true));
    }

    [Fact]
    public void With_tv2_the_epoch_tells()
    {
        _context.Produce(_producer, _log, 0, 2);

        Assert.Equal(ErrorCode.None, End(waitedMs: 10_000, commit: true, version: 2));
    }

    [Fact]
    public void Where_nothing_is_open_an_end_that_comes_again_is_answered_as_ever()
    {
        Begin(sequence: 0);
        Assert.Equal(ErrorCode.None, End(waitedMs: 0, commit: true));

        Assert.Equal(ErrorCode.None, End(waitedMs: 10_000, commit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, End(waitedMs: 10_000, commit: false));
    }

    [Fact]
    public void Offsets_that_were_left_behind_are_not_the_next_transactions()
    {
        Begin(sequence: 0);
        _context.Base.NowMs += 1_000;
        End(waitedMs: 0, commit: true);
        Begin(sequence: 1);
        Assert.Equal(ErrorCode.None, _context.AddOffsets(_producer, "g"));
        Assert.Equal(ErrorCode.None, CommitOffset(7, waitedMs: 0));

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, CommitOffset(3, waitedMs: 500));

        Assert.Equal(ErrorCode.None, End(waitedMs: 0, commit: true));
        Assert.Equal(7, _context.CommittedOffset("g", "a"));
    }

    private void Begin(int sequence)
    {
        Assert.Equal(ErrorCode.None, _context.AddPartitions(_producer, _log));
        Assert.Equal(0, _context.Produce(_producer, _log, sequence, 1).ErrorCode);
    }

    private ErrorCode End(long waitedMs, bool commit, int version = 1) => (ErrorCode)_context.Base.Apply<EndTransactionResult>(new Command
    {
        EndTransaction = new EndTransactionCall
        {
            TransactionalId = "t",
            ProducerId = _producer.ProducerId,
            ProducerEpoch = _producer.ProducerEpoch,
            Commit = commit,
            TransactionVersion = version,
            WaitedMs = waitedMs,
        },
    }).ErrorCode;

    private ErrorCode CommitOffset(long offset, long waitedMs) =>
        _context.CommitOffset(_producer, "g", "a", offset, version: 1, waitedMs: waitedMs);
}
