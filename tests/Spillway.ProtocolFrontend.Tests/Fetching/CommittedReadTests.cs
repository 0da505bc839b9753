using System.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>
/// Transactions as readers see them (KIP-98): markers at their offsets, which the index holds and no container; readers of committed records
/// get nothing at or above the last stable offset, and every aborted transaction that overlaps what they get.
/// </summary>
public sealed class CommittedReadTests : IDisposable
{
    private readonly ColdReadContext _context = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    [Fact]
    public async Task Markers_stand_at_their_offsets_for_all_readers()
    {
        await _context.AddObjectsAsync(1, 2, 1000);
        _context.AddMarker(1, producerId: 77);
        await _context.AddObjectsAsync(1, 1, 1000);
        _context.AddMarker(1, producerId: 78, abortedFrom: 5);

        var all = Assert.Single(await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 0)));
        var committed = await _context.FetchCommittedAsync(1, 0, Token);

        Assert.Equal(_context.Expected(1), all.Records!.Value.ToArray());
        Assert.Equal(_context.Expected(1), committed.Records!.Value.ToArray());
        Assert.Equal(8, _context.Index.EndOf(1));
        Assert.True(ControlBatch.TryRead(_context.Expected(1, from: 4), out var last));
        Assert.Equal((7L, ControlRecordType.Abort, 78L, (short)3), (last.Offset, last.Type, last.ProducerId, last.ProducerEpoch));
    }

    [Fact]
    public async Task A_fetch_may_begin_on_a_marker_and_end_with_one()
    {
        await _context.AddObjectsAsync(1, 1, 1000);
        _context.AddMarker(1, producerId: 77);

        var partition = await _context.FetchCommittedAsync(1, 2, Token);

        // No trailing gap: the reader's position passes the marker.
        Assert.Equal(_context.Expected(1, from: 1), partition.Records!.Value.ToArray());
    }

    [Fact]
    public async Task Many_markers_in_a_row_come_in_few_lookups_and_one_buffer()
    {
        for (var i = 0; i < 400; i++)
        {
            _context.AddMarker(1, producerId: i);
        }

        var rentedBytes = _context.Pool.RentedBytes;
        var partition = await _context.FetchCommittedAsync(1, 0, Token);

        Assert.Equal(_context.Expected(1), partition.Records!.Value.ToArray());
        Assert.Single(_context.Index.Asked);
        Assert.Equal(0, _context.Requests);
        Assert.Equal(rentedBytes, _context.Pool.RentedBytes);
        Assert.Equal(400 * ControlBatch.BatchBytes, _context.Counters["spillway.frontend.read", "index"]);
    }

    [Fact]
    public async Task Markers_count_for_the_byte_budget()
    {
        for (var i = 0; i < 10; i++)
        {
            _context.AddMarker(1, producerId: i);
        }

        var partition = await _context.FetchCommittedAsync(1, 0, Token, bytesMax: (3 * ControlBatch.BatchBytes) + 10);

        Assert.Equal(_context.Expected(1, count: 3), partition.Records!.Value.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Nothing_at_or_above_the_last_stable_offset_is_given_to_readers_of_committed_records(long offset)
    {
        await _context.AddObjectsAsync(1, 5, 1000);
        _context.Open[1] = 4;

        var committed = await _context.FetchCommittedAsync(1, offset, Token);
        var all = Assert.Single(await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, offset)));

        Assert.Equal(_context.Expected(1, (int)offset / 2, 2 - ((int)offset / 2)), committed.Records!.Value.ToArray());
        Assert.Equal((4L, 10L), (committed.LastStableOffset, committed.HighWatermark));
        Assert.Equal(_context.Expected(1, (int)offset / 2), all.Records!.Value.ToArray());
    }

    [Fact]
    public async Task The_last_stable_offset_cuts_inside_an_entry_too()
    {
        await _context.AddObjectAsync(1, [3, 2, 4], 500);
        _context.Open[1] = 5;

        var committed = await _context.FetchCommittedAsync(1, 0, Token);

        Assert.Equal(_context.Expected(1, count: 2), committed.Records!.Value.ToArray());
    }

    // kafkajs goes through the list in its order and the records in theirs.
    [Fact]
    public async Task Aborted_transactions_are_listed_in_the_order_they_began()
    {
        await _context.AddObjectsAsync(1, 2, 1000);                     // 0 to 3
        _context.AddMarker(1, producerId: 1, abortedFrom: 2);           // 4
        await _context.AddObjectsAsync(1, 2, 1000);                     // 5 to 8
        _context.AddMarker(1, producerId: 2, abortedFrom: 1);           // 9

        Assert.Equal([(2L, 1L), (1, 2)], Pairs(await _context.FetchCommittedAsync(1, 0, Token)));
    }

    [Fact]
    public async Task Aborted_transactions_that_overlap_what_is_given_are_listed_and_no_others()
    {
        await _context.AddObjectsAsync(1, 2, 1000);                     // 0 to 3
        _context.AddMarker(1, producerId: 1, abortedFrom: 0);           // 4
        await _context.AddObjectsAsync(1, 2, 1000);                     // 5 to 8
        _context.AddMarker(1, producerId: 2, abortedFrom: 3);           // 9
        await _context.AddObjectsAsync(1, 1, 1000);                     // 10, 11
        _context.AddMarker(1, producerId: 3, abortedFrom: 10);          // 12

        var first = await _context.FetchCommittedAsync(1, 0, Token, bytesMax: 2500);
        var middle = await _context.FetchCommittedAsync(1, 5, Token, bytesMax: 2500);
        var all = await _context.FetchCommittedAsync(1, 0, Token);

        Assert.Equal([(1L, 0L), (2, 3)], Pairs(first));
        Assert.Equal([(2L, 3L)], Pairs(middle));
        Assert.Equal([(1L, 0L), (2, 3), (3, 10)], Pairs(all));
        Assert.Equal((0L, 5L), (_context.Index.AskedAborted[0].FromOffset, _context.Index.AskedAborted[0].ToOffset));
    }

    [Fact]
    public async Task A_long_list_comes_in_parts()
    {
        for (var i = 0; i < 25; i++)
        {
            _context.AddMarker(1, producerId: i, abortedFrom: i);
        }

        _context.Index.AbortedMax = 10;
        var partition = await _context.FetchCommittedAsync(1, 0, Token);

        Assert.Equal(Enumerable.Range(0, 25).Select(static i => ((long)i, (long)i)), Pairs(partition));
    }

    [Fact]
    public async Task Who_reads_above_the_last_abort_asks_for_no_list_nor_does_who_reads_all_records()
    {
        _context.AddMarker(1, producerId: 1, abortedFrom: 0);
        await _context.AddObjectsAsync(1, 1, 1000);

        var committed = await _context.FetchCommittedAsync(1, 1, Token);
        var all = Assert.Single(await _context.FetchAsync(1 << 20, 1 << 20, Token, (1, 0)));

        Assert.Empty(_context.Index.AskedAborted);
        Assert.Empty(committed.AbortedTransactions!);
        Assert.Null(all.AbortedTransactions);
    }

    [Fact]
    public async Task Without_the_list_no_record_is_given_out()
    {
        await _context.AddObjectsAsync(1, 2, 1000);
        _context.AddMarker(1, producerId: 1, abortedFrom: 0);
        _context.Index.IsAway = true;

        var partition = await _context.FetchCommittedAsync(1, 0, Token);

        Assert.Equal((short)ErrorCode.KafkaStorageError, partition.ErrorCode);
        Assert.Equal(0, partition.Records!.Value.Length);
    }

    [Fact]
    public async Task A_list_that_the_log_start_has_passed_is_not_taken_for_whole()
    {
        // The records come from memory or from an entry looked up before; what was aborted among them is forgotten with the log's start.
        await _context.AddObjectsAsync(1, 2, 1000);
        _context.AddMarker(1, producerId: 1, abortedFrom: 0);
        await _context.AddObjectsAsync(1, 2, 1000);
        await _context.FetchCommittedAsync(1, 0, Token);
        _context.Store.BeforeRequest = (_, _) => Task.CompletedTask;
        _context.Index.AfterLookup = () =>
        {
            _context.Index.LogStartOffset = 5;
            _context.Index.Aborted[0].LastOffset = 4;
            _context.Index.Forget();
        };

        var partition = await _context.FetchCommittedAsync(1, 0, Token);

        Assert.Equal((short)ErrorCode.OffsetOutOfRange, partition.ErrorCode);
        Assert.Equal(0, partition.Records!.Value.Length);
        Assert.Equal(5, partition.LogStartOffset);
    }

    private static IEnumerable<(long ProducerId, long FirstOffset)> Pairs(FetchResponse.PartitionData partition) =>
        partition.AbortedTransactions!.Select(static aborted => (aborted.ProducerId, aborted.FirstOffset));
}
