using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc.Zones;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>Fetch over the wire: when a long poll ends, and what sessions make of topics that go.</summary>
public sealed class FetchHandlerTests : IAsyncDisposable
{
    private const sbyte Committed = 1;
    private readonly FetchHandlerContext _context = new();

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    [Fact]
    public async Task A_commit_ends_the_poll_of_those_who_read_all_records()
    {
        await _context.Cold.AddObjectsAsync(1, 1, 1000);
        var fetch = _context.FetchAsync(_context.Request(0, maxWaitMs: 60_000, 0, 0));

        _context.Tell(1, highWatermark: 2, lastStableOffset: 0);

        Assert.Equal(1, CountBatches(await fetch));
    }

    [Fact]
    public async Task The_last_stable_offset_ends_the_poll_of_those_who_read_committed_records_and_the_high_watermark_does_not()
    {
        await _context.Cold.AddObjectsAsync(1, 1, 1000);
        var fetch = _context.FetchAsync(_context.Request(0, maxWaitMs: 60_000, Committed, 0));

        _context.Tell(1, highWatermark: 2, lastStableOffset: 0);
        _context.Tell(1, highWatermark: 2, lastStableOffset: 0);
        Assert.False(fetch.IsCompleted);
        _context.Tell(1, highWatermark: 2, lastStableOffset: 2);

        var response = await fetch;
        Assert.Equal(1, CountBatches(response));
        Assert.Equal(2, response.Responses[0].Partitions[0].LastStableOffset);
    }

    [Fact]
    public async Task A_poll_ends_in_time_with_what_there_is()
    {
        var fetch = _context.FetchAsync(_context.Request(0, maxWaitMs: 500, 0, 0));
        await Spillway.Testing.Eventually.TrueAsync(
            () => _context.Time.PendingTimerCount > 0, "the poll waits", TestContext.Current.CancellationToken);

        _context.Time.Advance(TimeSpan.FromMilliseconds(500));

        var partition = Assert.Single((await fetch).Responses[0].Partitions);
        Assert.Equal((0, 0L), (partition.ErrorCode, partition.Records?.Length ?? 0));
    }

    [Fact]
    public async Task An_incremental_poll_waits_for_all_partitions_of_its_session_and_tells_of_the_one_that_moved()
    {
        await _context.Cold.AddObjectsAsync(2, 1, 1000);
        var request = _context.Request(0, 0, 0, 0, 1);
        request.SessionEpoch = 0;
        var id = (await _context.FetchAsync(request)).SessionId;
        var next = _context.Request(0, maxWaitMs: 60_000);
        (next.SessionId, next.SessionEpoch) = (id, 1);
        var fetch = _context.FetchAsync(next);

        _context.Tell(2, highWatermark: 2, lastStableOffset: 2);

        var response = await fetch;
        Assert.Equal(id, response.SessionId);
        Assert.Equal(1, Assert.Single(Assert.Single(response.Responses).Partitions).PartitionIndex);
    }

    [Fact]
    public async Task A_topic_that_is_gone_is_an_unknown_id_and_one_made_anew_an_inconsistent_one()
    {
        var request = _context.Request(0, 0, 0, 0);
        request.SessionEpoch = 0;
        var id = (await _context.FetchAsync(request)).SessionId;
        _context.Know("other", Guid.NewGuid(), 20, gone: _context.TopicId);
        Assert.Equal(ErrorCode.UnknownTopicId, await GoOnAsync(id, 1));

        _context.Know("t", Guid.NewGuid(), 10);

        Assert.Equal(ErrorCode.InconsistentTopicId, await GoOnAsync(id, 2));
    }

    [Fact]
    public async Task A_topic_that_a_session_names_before_it_is_there_is_found_when_it_is()
    {
        var request = _context.Request(0, 0, 0, 0);
        request.SessionEpoch = 0;
        var late = Guid.NewGuid();
        request.Topics[0].TopicId = late;
        var first = await _context.FetchAsync(request);
        Assert.Equal((short)ErrorCode.UnknownTopicId, first.Responses[0].Partitions[0].ErrorCode);

        _context.Know("late", late, 30);
        _context.Tell(30, 0, 0);

        Assert.Equal(ErrorCode.None, await GoOnAsync(first.SessionId, 1));
    }

    [Theory]
    [InlineData("b", 2)]
    [InlineData("a", -1)]
    [InlineData("c", -1)]
    [InlineData("", -1)]
    public async Task A_consumer_of_another_zone_is_sent_to_its_own_frontend_at_once_if_there_is_one(string rack, int preferred)
    {
        // KIP-392. Zone c has no frontend, so the table gives it another zone's.
        await _context.Cold.AddObjectsAsync(1, 1, 1000);
        _context.Tell(1, 2, 2);
        Route("a", "b", "c");
        var request = _context.Request(0, maxWaitMs: 60_000, 0, 0);
        (request.RackId, request.MinBytes) = (rack, preferred < 0 ? 1 : 1 << 20);

        var partition = Assert.Single((await _context.FetchAsync(request)).Responses[0].Partitions);

        Assert.Equal(preferred, partition.PreferredReadReplica);
        Assert.Equal(preferred < 0 ? 1061 : 0, partition.Records?.Length ?? 0);
        Assert.Equal((2L, (short)0), (partition.HighWatermark, partition.ErrorCode));
    }

    [Fact]
    public async Task An_offset_out_of_range_is_told_here_whatever_the_zone()
    {
        Route("a", "b");
        _context.Cold.Index.LogStartOffset = 5;
        var request = _context.Request(-1, 0, 0, 0);
        request.RackId = "b";

        var partition = Assert.Single((await _context.FetchAsync(request)).Responses[0].Partitions);

        Assert.Equal((short)ErrorCode.OffsetOutOfRange, partition.ErrorCode);
        Assert.Equal(-1, partition.PreferredReadReplica);
    }

    [Fact]
    public async Task A_session_error_is_the_answers_error()
    {
        var request = _context.Request(0);
        (request.SessionId, request.SessionEpoch) = (99, 4);

        var response = await _context.FetchAsync(request);

        Assert.Equal((short)ErrorCode.FetchSessionIdNotFound, response.ErrorCode);
        Assert.Empty(response.Responses);
    }

    /// <summary>Node 1, in zone a, is this frontend; node 2 is in zone b; others have none of their own.</summary>
    private void Route(params string[] zones)
    {
        var table = new RoutingTable
        {
            SlotCount = 1,
            Frontends = { new RoutedFrontend { NodeId = 1, Zone = "a" }, new RoutedFrontend { NodeId = 2, Zone = "b" } },
        };
        table.Zones.AddRange(zones.Select(static zone => new ZoneRoutes { Zone = zone, NodeIdBySlot = { zone == "b" ? 2 : 1 } }));
        _context.Routes.Apply(table);
    }

    private async Task<ErrorCode> GoOnAsync(int sessionId, int epoch)
    {
        var request = _context.Request(0);
        (request.SessionId, request.SessionEpoch) = (sessionId, epoch);
        return (ErrorCode)Assert.Single(Assert.Single((await _context.FetchAsync(request)).Responses).Partitions).ErrorCode;
    }

    private static int CountBatches(FetchResponse response) =>
        response.Responses[0].Partitions[0].Records!.Value.Length == 1061 ? 1 : 0;
}
