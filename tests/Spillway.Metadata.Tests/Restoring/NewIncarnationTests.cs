using Spillway.Kafka.Errors;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Restoring;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;
using static Spillway.Metadata.Tests.Restoring.LostCluster;

namespace Spillway.Metadata.Tests.Restoring;

/// <summary>
/// What a lost cluster may have promised after its last copy is neither given out again nor kept: ids, epochs, offsets, producers, transactions.
/// </summary>
public sealed class NewIncarnationTests : IDisposable
{
    private readonly LostCluster _lost = new();
    private readonly long _log;

    public NewIncarnationTests() => _log = _lost.Context.CreateTopic()[0];

    public void Dispose() => _lost.Dispose();

    [Fact]
    public async Task No_id_is_given_out_again()
    {
        await _lost.CopyAsync();
        var later = _lost.Context.CreateTopic("later")[0];
        _lost.Produce(later);
        var lostObject = _lost.Drain();
        var lostFrontend = _lost.Context.Register(NodeKind.Frontend, "f");
        var lostProducer = Init(_lost.Context, "tx").ProducerId;

        var restored = await _lost.RestoreAsync();

        Assert.True(restored.CreateTopic("new")[0] > later);
        Assert.True(restored.Register(NodeKind.Frontend, "g").NodeId > lostFrontend.NodeId);
        Assert.True(Init(restored, "tx").ProducerId > lostProducer);
        var writer = restored.NewWriter();
        Assert.True(writer.Open().SegmentId > _lost.Writer.SegmentId);
        writer.CommitOne(restored.Batch(_log));
        writer.Seal();
        var compactor = restored.NewCompactor();
        var prepared = compactor.Prepare(compactor.Acquire().Job);
        Assert.True(prepared.ObjectId > lostObject);
        Assert.Contains("/00000001/", prepared.Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_writer_of_the_lost_cluster_commits_nothing()
    {
        _lost.Produce(_log);
        await _lost.CopyAsync();

        var restored = await _lost.RestoreAsync(walSurvives: true);
        var again = restored.NewWriter();

        var stale = _lost.Writer.Block(_lost.Context.Batch(_log));
        var reply = restored.Apply<CommitBlockReply>(new Command { CommitBlock = stale });
        Assert.Equal(CommitStatus.Fenced, reply.Status);
        Assert.Equal(_lost.Writer.Id, again.Id);
        Assert.True(again.Epoch > _lost.Writer.Epoch + 1);
    }

    [Fact]
    public async Task Jobs_of_the_lost_cluster_are_nobodys()
    {
        _lost.Produce(_log);
        _lost.Writer.Seal();
        var job = _lost.Compactor.Acquire().Job;
        var prepared = _lost.Compactor.Prepare(job);
        await _lost.CopyAsync();

        var restored = await _lost.RestoreAsync(walSurvives: true);

        Assert.Equal(ObjectState.Expired, restored.State.Containers.FindObject(prepared.ObjectId)!.State);
        Assert.True(restored.Apply<CommitObjectReply>(
            new Command { CommitObject = new CommitObjectRequest { ObjectId = prepared.ObjectId } }).Expired);
        Assert.Equal(JobKind.Drain, restored.NewCompactor().Acquire().Job.Kind);
    }

    [Fact]
    public async Task Each_restore_of_one_copy_is_an_incarnation_of_its_own()
    {
        await _lost.CopyAsync();

        var first = await _lost.RestoreAsync();
        var second = await _lost.RestoreAsync();

        Assert.Equal((1, 2), (first.State.Containers.Incarnation, second.State.Containers.Incarnation));
        Assert.True(second.CreateTopic("x")[0] > first.CreateTopic("x")[0]);
        Assert.True(second.NewWriter().Epoch > first.NewWriter().Epoch);

        // What the first one stored is nothing that anybody reads; the second will delete it.
        Assert.Single(second.State.Containers.Objects, static o => o.UnreferencedAtMs != 0);
    }

    [Fact]
    public async Task What_a_producer_sent_is_known_when_it_comes_again()
    {
        var id = _lost.Context.Apply<AllocateProducerIdsResult>(
            new Command { AllocateProducerIds = new AllocateProducerIdsCall { Count = 2 } }).FirstProducerId;
        var first = _lost.Produce(_log, 3, id, 0, 0);
        await _lost.CopyAsync();
        var second = _lost.Produce(_log, 3, id, 0, 3);
        _lost.Drain();

        var restored = await _lost.RestoreAsync();
        var writer = restored.NewWriter();

        Assert.Equal(first, writer.CommitOne(restored.Batch(_log, 3, producerId: id, epoch: 0, sequence: 0)).BaseOffset);
        Assert.Equal(second, writer.CommitOne(restored.Batch(_log, 3, producerId: id, epoch: 0, sequence: 3)).BaseOffset);
        var next = writer.CommitOne(restored.Batch(_log, 3, producerId: id, epoch: 0, sequence: 6));
        Assert.Equal((0, 6 + OffsetCovers.OffsetsSkipped), (next.ErrorCode, next.BaseOffset));
    }

    [Fact]
    public async Task A_producer_that_the_copy_does_not_know_goes_on()
    {
        await _lost.CopyAsync();
        var id = _lost.Context.Apply<AllocateProducerIdsResult>(
            new Command { AllocateProducerIds = new AllocateProducerIdsCall { Count = 1 } }).FirstProducerId;

        var restored = await _lost.RestoreAsync();

        Assert.Equal(0, restored.NewWriter().CommitOne(restored.Batch(_log, 3, producerId: id, epoch: 0, sequence: 30)).ErrorCode);
    }

    [Fact]
    public async Task A_transaction_that_was_open_in_the_copy_is_aborted()
    {
        var producer = Init(_lost.Context, "tx");
        var first = _lost.Produce(_log, 3, producer.ProducerId, producer.ProducerEpoch, 0, "tx");
        await _lost.CopyAsync();
        _lost.End("tx", producer, commit: true); // and nothing in objects says so

        var restored = await _lost.RestoreAsync(walSurvives: true);

        AssertWhole(restored);
        Assert.Equal(first, Assert.Single(restored.Log(_log).Aborted.InOrder).FirstOffset);
        Assert.Equal(0, restored.State.Transactions.OpenCount);
        AssertFenced(restored, producer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_that_ended_after_the_copy_ends_as_its_marker_says(bool commit)
    {
        var producer = Init(_lost.Context, "tx");
        _lost.Produce(_log, 3, producer.ProducerId, producer.ProducerEpoch, 0, "tx");
        await _lost.CopyAsync();
        _lost.Produce(_log, 3, producer.ProducerId, producer.ProducerEpoch, 3, "tx");
        _lost.End("tx", producer, commit);
        _lost.Drain();

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, 0, 3);
        Assert.Equal(commit ? 0 : 1, restored.Log(_log).Aborted.InOrder.Count());
        AssertFenced(restored, producer);
    }

    [Fact]
    public async Task A_transaction_that_began_after_the_copy_is_aborted_where_nothing_tells_its_end()
    {
        await _lost.CopyAsync();
        var producer = Init(_lost.Context, "tx");
        var first = _lost.Produce(_log, 3, producer.ProducerId, producer.ProducerEpoch, 0, "tx");
        _lost.Drain();
        _lost.End("tx", producer, commit: true);

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        Assert.Equal(first, Assert.Single(restored.Log(_log).Aborted.InOrder).FirstOffset);
        AssertFenced(restored, producer);
    }

    /// <summary>Its next batch is refused, and whoever takes the transactional id has another producer id.</summary>
    private void AssertFenced(StateContext restored, InitProducerResult producer)
    {
        var batch = restored.Batch(_log, 1, producerId: producer.ProducerId, epoch: producer.ProducerEpoch + 1, sequence: 0);
        (batch.Transactional, batch.TransactionalId, batch.TransactionVersion) = (true, "tx", 2);
        Assert.Equal((int)ErrorCode.InvalidProducerIdMapping, restored.NewWriter().CommitOne(batch).ErrorCode);
        Assert.True(Init(restored, "tx").ProducerId > producer.ProducerId);
    }
}
