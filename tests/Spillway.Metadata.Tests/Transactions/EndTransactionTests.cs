using Spillway.Kafka.Errors;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>EndTxn in every state, with TV1 (KIP-98) and TV2 (KIP-890).</summary>
public sealed class EndTransactionTests
{
    private readonly TransactionContext _context = new();
    private readonly long _log;
    private readonly InitProducerResult _producer;

    public EndTransactionTests()
    {
        _log = _context.Base.CreateTopic("a")[0];
        _producer = _context.Init();
    }

    private TransactionalProducer State => _context.Table.Find("t")!;

    /// <summary>KIP-890: a retry names the epoch before the current one, which an end has made.</summary>
    [Theory]
    [InlineData("Empty", false, true, ErrorCode.ProducerFenced, 0)]
    [InlineData("Empty", false, false, ErrorCode.None, 1)]
    [InlineData("Empty", true, true, ErrorCode.ProducerFenced, 0)]
    [InlineData("Empty", true, false, ErrorCode.InvalidTxnState, 0)]
    [InlineData("CompleteAbort", false, true, ErrorCode.None, 0)]
    [InlineData("CompleteAbort", false, false, ErrorCode.None, 1)]
    [InlineData("CompleteAbort", true, true, ErrorCode.InvalidTxnState, 0)]
    [InlineData("CompleteAbort", true, false, ErrorCode.InvalidTxnState, 0)]
    [InlineData("CompleteCommit", false, true, ErrorCode.InvalidTxnState, 0)]
    [InlineData("CompleteCommit", false, false, ErrorCode.None, 1)]
    [InlineData("CompleteCommit", true, true, ErrorCode.None, 0)]
    [InlineData("CompleteCommit", true, false, ErrorCode.InvalidTxnState, 0)]
    [InlineData("Ongoing", false, true, ErrorCode.ProducerFenced, 0)]
    [InlineData("Ongoing", false, false, ErrorCode.None, 1)]
    [InlineData("Ongoing", true, true, ErrorCode.ProducerFenced, 0)]
    [InlineData("Ongoing", true, false, ErrorCode.None, 1)]
    public void An_end_with_tv2_does_what_the_state_and_the_epoch_allow(string state, bool commit, bool isRetry, ErrorCode error, int bumps)
    {
        Bring(state, version: 2);
        var (epoch, markers, before) = (State.Epoch, _context.Markers(_log).Length, State.State);

        var result = _context.End("t", _producer.ProducerId, isRetry ? epoch - 1 : epoch, commit, version: 2);

        Assert.Equal(error, (ErrorCode)result.ErrorCode);
        Assert.Equal(epoch + bumps, State.Epoch);
        Assert.Equal(error == ErrorCode.None ? (_producer.ProducerId, State.Epoch) : (-1, -1), (result.ProducerId, result.ProducerEpoch));
        Assert.Equal(markers + (state == "Ongoing" && bumps > 0 ? 1 : 0), _context.Markers(_log).Length);
        Assert.Equal(
            bumps == 0 ? before : commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort, State.State);
    }

    [Theory]
    [InlineData("Empty", false, ErrorCode.InvalidTxnState)]
    [InlineData("Empty", true, ErrorCode.InvalidTxnState)]
    [InlineData("CompleteAbort", false, ErrorCode.None)]
    [InlineData("CompleteAbort", true, ErrorCode.InvalidTxnState)]
    [InlineData("CompleteCommit", false, ErrorCode.InvalidTxnState)]
    [InlineData("CompleteCommit", true, ErrorCode.None)]
    [InlineData("Ongoing", false, ErrorCode.None)]
    [InlineData("Ongoing", true, ErrorCode.None)]
    public void An_end_with_tv1_does_what_the_state_allows(string state, bool commit, ErrorCode error)
    {
        Bring(state, version: 1);
        var (epoch, markers) = (State.Epoch, _context.Markers(_log).Length);

        var result = _context.End("t", _producer.ProducerId, epoch, commit, version: 1);

        Assert.Equal(error, (ErrorCode)result.ErrorCode);
        Assert.Equal(epoch, State.Epoch);
        Assert.Equal(markers + (state == "Ongoing" ? 1 : 0), _context.Markers(_log).Length);
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.End("t", _producer.ProducerId, epoch - 1, commit, version: 1).ErrorCode);
        Assert.Equal((int)ErrorCode.ProducerFenced, _context.End("t", _producer.ProducerId, epoch + 1, commit, version: 1).ErrorCode);
    }

    [Fact]
    public void An_id_that_nobody_has_is_no_mapping()
    {
        Assert.Equal((int)ErrorCode.InvalidProducerIdMapping, _context.End("u", _producer.ProducerId, 0, true, 2).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidProducerIdMapping, _context.End("t", _producer.ProducerId + 1, 0, true, 2).ErrorCode);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public void A_marker_says_how_it_ended_and_whose_it_is(int version, bool commit)
    {
        _context.Base.NowMs = 5_000_000;
        Bring("Ongoing", version);
        _context.Base.NowMs = 6_000_000;
        var epoch = State.Epoch;

        _context.End("t", _producer.ProducerId, epoch, commit, version);

        var marker = _context.Markers(_log)[^1];
        Assert.Equal(marker.BaseOffset, marker.LastOffset);
        Assert.Equal((_producer.ProducerId, commit, 6_000_000), (marker.ProducerId, marker.Commit, marker.MaxTimestamp));
        Assert.Equal(version == 2 ? epoch + 1 : epoch, marker.ProducerEpoch);
        Assert.Equal((0, 78, 0), (marker.CoordinatorEpoch, marker.Length, marker.ContainerId));
    }

    /// <summary>The last epoch of a producer id; the next transaction is another id's, from epoch 0 on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_its_epochs_used_up_a_producer_gets_another_id_and_a_retry_is_known(bool commit)
    {
        State.Epoch = TransactionalProducer.ExhaustedEpoch;
        _context.Produce(_log, _producer.ProducerId, 32_766, 0, 2);

        var result = _context.End("t", _producer.ProducerId, 32_766, commit, 2);
        var again = _context.End("t", _producer.ProducerId, 32_766, commit, 2);
        var other = _context.End("t", _producer.ProducerId, 32_766, !commit, 2);

        Assert.Equal(0, result.ErrorCode);
        Assert.True(result.ProducerId > _producer.ProducerId);
        Assert.Equal(0, result.ProducerEpoch);
        Assert.Equal(result, again);
        Assert.Equal((int)ErrorCode.InvalidTxnState, other.ErrorCode);
        Assert.Equal(short.MaxValue, _context.Markers(_log).Single().ProducerEpoch);
        Assert.Equal((int)ErrorCode.InvalidProducerIdMapping, _context.Produce(_log, _producer.ProducerId, 32_766, 1, 2).ErrorCode);
        Assert.Equal(0, _context.Produce(_log, result.ProducerId, 0, 0, 2).ErrorCode);
    }

    /// <summary>Leaves at least one epoch behind the current one, so that a retry can name it.</summary>
    private void Bring(string state, int version)
    {
        if (state == "Empty")
        {
            _context.Init();
            return;
        }

        // Without an end before, the epoch of a retry would be one that nobody had.
        Run(commit: true, version);
        if (state == "Ongoing")
        {
            Begin(version);
        }
        else if (state == "CompleteAbort")
        {
            Run(commit: false, version);
        }
    }

    private void Run(bool commit, int version)
    {
        Begin(version);
        Assert.Equal(0, _context.End("t", _producer.ProducerId, State.Epoch, commit, version).ErrorCode);
    }

    private void Begin(int version)
    {
        if (version == 1)
        {
            Assert.Equal(0, _context.AddPartitions("t", _producer.ProducerId, State.Epoch, _log).ErrorCodes[0]);
        }

        var known = _context.Base.Log(_log).Producers.Find(_producer.ProducerId);
        var sequence = known is { BatchCount: > 0 } ? known.Last.LastSequence + 1 : 0;
        Assert.Equal(0, _context.Produce(_log, _producer.ProducerId, State.Epoch, sequence, version).ErrorCode);
    }
}
