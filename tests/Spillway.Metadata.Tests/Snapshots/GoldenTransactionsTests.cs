using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Snapshots;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Snapshots;

/// <summary>
/// A snapshot with transactions in every state that there is, their markers, what was aborted and offsets that wait. The file is never made
/// anew: if this fails, old snapshots have become unreadable or mean something else.
/// </summary>
public sealed class GoldenTransactionsTests
{
    private static readonly byte[] Golden =
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "metadata-snapshot-transactions-v1.golden"));

    private readonly MetadataState _state;

    public GoldenTransactionsTests()
    {
        using var source = new MemoryStream(Golden);
        _state = SnapshotReader.Read(source);
    }

    [Fact]
    public void It_is_written_as_it_was()
    {
        using var written = new MemoryStream();
        SnapshotWriter.Write(_state, written);

        Assert.Equal(Golden, written.ToArray());
    }

    [Fact]
    public void Transactional_ids_have_their_producers_epochs_and_states()
    {
        Assert.Equal(
            [
                ("aborted", 1, 1, -1, TransactionState.CompleteAbort),
                ("committed", 0, 0, -1, TransactionState.CompleteCommit),
                ("empty", 5, 0, -1, TransactionState.Empty),
                ("late", 2, 2, -1, TransactionState.CompleteAbort),
                ("open", 6, 0, -1, TransactionState.Ongoing),
                ("renamed", 4, 0, 3, TransactionState.CompleteCommit),
            ],
            _state.Transactions.All.Select(p => (p.Id, p.ProducerId, (int)p.Epoch, p.PreviousProducerId, p.State)));
        var open = Assert.Single(_state.Transactions.Open);
        Assert.Equal((1_800_000_001_030, 90_000), (open.StartMs, open.TimeoutMs));
        Assert.Equal([Log("a", 0).Id.Value, Log("a", 1).Id.Value], open.Logs);
        Assert.Equal(["g", "h"], open.Groups);
    }

    [Fact]
    public void Markers_say_whose_they_are_how_it_ended_and_when()
    {
        Assert.Equal([(3, 0, 0, true, false, 10), (6, 1, 1, false, false, 20)], Markers("a", 0));
        Assert.Equal([(1, 2, 1, false, false, 1_020), (3, 3, 32_767, true, false, 1_020)], Markers("a", 1));
        Assert.Equal([(0, 0, 0, true, true, 10), (2, 1, 1, false, true, 20)], Markers("b", 0));
    }

    [Fact]
    public void What_was_aborted_and_where_the_first_open_transaction_begins_is_known()
    {
        Assert.Equal([new AbortedRange(1, 4, 6, 7)], Log("a", 0).Aborted.InOrder);
        Assert.Equal([new AbortedRange(2, 0, 1, 2)], Log("a", 1).Aborted.InOrder);
        Assert.Equal([new AbortedRange(1, 1, 2, 3)], Log("b", 0).Aborted.InOrder);
        Assert.Equal((7, 12), (Log("a", 0).LastStableOffset, Log("a", 0).NextOffset));
        Assert.Equal((4, 4), (Log("a", 1).LastStableOffset, Log("a", 1).NextOffset));
        Assert.Equal((3, 3), (Log("b", 0).LastStableOffset, Log("b", 0).NextOffset));
        Assert.Equal(7, Log("a", 0).Producers.Find(6)!.TransactionFirstOffset);
    }

    [Fact]
    public void Offsets_of_a_transaction_are_committed_with_it_and_wait_for_one_that_is_open()
    {
        var (a, b) = (_state.Topics.Find("a")!.Id, _state.Topics.Find("b")!.Id);
        var (g, h) = (_state.Groups.Find("g")!, _state.Groups.Find("h")!);

        Assert.Equal(42, g.Offsets.Find(a, 0)!.Value.Offset);
        Assert.True(g.Pending!.Contains(b, 0));
        Assert.True(h.Pending!.Contains(a, 0));
        Assert.Null(g.Offsets.Find(b, 0));

        _state.Groups.EndTransaction("g", 6, commit: true);
        Assert.Equal(7, g.Offsets.Find(b, 0)!.Value.Offset);
    }

    private PartitionLog Log(string topic, int partition) => _state.Topics.Find(topic)!.Partitions[partition];

    private IEnumerable<(long Offset, long ProducerId, int Epoch, bool Commit, bool LogAppendTime, long AfterMs)> Markers(
        string topic, int partition) =>
        StateContext.EntriesOf(Log(topic, partition))
            .Where(static entry => entry.Kind == ContainerKind.Marker)
            .Select(static entry => entry.ToMessage())
            .Select(static m => (m.BaseOffset, m.ProducerId, m.ProducerEpoch, m.Commit, m.LogAppendTime, m.MaxTimestamp - 1_800_000_000_000));
}
