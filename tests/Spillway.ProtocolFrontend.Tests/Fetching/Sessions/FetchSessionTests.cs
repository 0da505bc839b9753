using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Fetching.Sessions;
using Xunit;
using static Spillway.ProtocolFrontend.Tests.Fetching.Sessions.FetchSessionContext;

namespace Spillway.ProtocolFrontend.Tests.Fetching.Sessions;

/// <summary>
/// Fetch sessions as KIP-227 has them. Its table of requests: id 0 and epoch −1 a full fetch without a session; 0 and 0 a full fetch that
/// begins one; id and epoch 0 ends the session and begins another; id and a positive epoch goes on in it; id and −1 ends it.
/// </summary>
public sealed class FetchSessionTests : IDisposable
{
    private readonly FetchSessionContext _context = new();

    public void Dispose() => _context.Dispose();

    [Fact]
    public void A_full_fetch_with_the_final_epoch_makes_no_session()
    {
        var response = _context.Fetch(Request(0, FetchSession.FinalEpoch, 0, 1));

        Assert.Equal(0, response.SessionId);
        Assert.Equal([0, 1], PartitionsOf(response));
        Assert.Equal(0, _context.Cache.Count);
    }

    [Fact]
    public void A_full_fetch_with_the_first_epoch_begins_a_session_and_holds_everything()
    {
        var response = _context.Fetch(Request(0, 0, 0, 1));

        Assert.True(response.SessionId > 0);
        Assert.Equal([0, 1], PartitionsOf(response));
        Assert.Equal(1, _context.Cache.Count);
        Assert.Equal(2, _context.Cache.PartitionCount);
    }

    [Theory]
    [InlineData((short)4)]
    [InlineData((short)6)]
    public void Versions_that_know_no_sessions_get_none(short version)
    {
        // What such a request decodes to.
        var response = _context.Fetch(Request(0, 0, 0, 1), version);

        Assert.Equal(0, response.SessionId);
        Assert.Equal([0, 1], PartitionsOf(response));
    }

    [Fact]
    public void An_incremental_fetch_reads_all_partitions_and_answers_those_with_news()
    {
        var id = _context.Begin(0, 1, 2);
        _context.State[1] = (100, 5, 5, 0, ErrorCode.None);

        var response = _context.Fetch(Request(id, 1));

        Assert.Equal(id, response.SessionId);
        Assert.Equal([0, 1, 2], _context.LastRead.Select(static read => read.Partition));
        Assert.Equal([1], PartitionsOf(response));
        _context.State[1] = (0, 5, 5, 0, ErrorCode.None);
        Assert.Empty(_context.Fetch(Request(id, 2)).Responses);
    }

    [Theory]
    [InlineData(0, 7, 0, 0, ErrorCode.None)]
    [InlineData(0, 0, 7, 0, ErrorCode.None)]
    [InlineData(0, 0, 0, 7, ErrorCode.None)]
    [InlineData(0, 0, 0, 0, ErrorCode.KafkaStorageError)]
    [InlineData(10, 0, 0, 0, ErrorCode.None)]
    public void Records_changed_offsets_and_errors_are_news(
        int bytes, long highWatermark, long lastStableOffset, long logStartOffset, ErrorCode error)
    {
        var id = _context.Begin(0, 1);
        _context.State[1] = (bytes, highWatermark, lastStableOffset, logStartOffset, error);

        Assert.Equal([1], PartitionsOf(_context.Fetch(Request(id, 1))));
    }

    [Fact]
    public void Offsets_that_the_client_knows_are_no_news()
    {
        _context.State[0] = (0, 7, 6, 5, ErrorCode.None);
        var id = _context.Begin(0);

        Assert.Empty(_context.Fetch(Request(id, 1)).Responses);
    }

    [Fact]
    public void An_error_is_told_again_and_again_and_its_end_once()
    {
        var id = _context.Begin(0);
        _context.State[0] = (0, 0, 0, 0, ErrorCode.UnknownTopicId);

        Assert.Equal([0], PartitionsOf(_context.Fetch(Request(id, 1))));
        Assert.Equal([0], PartitionsOf(_context.Fetch(Request(id, 2))));
        _context.State[0] = default;
        Assert.Equal([0], PartitionsOf(_context.Fetch(Request(id, 3))));
        Assert.Empty(PartitionsOf(_context.Fetch(Request(id, 4))));
    }

    [Fact]
    public void Partitions_are_added_changed_and_forgotten()
    {
        var id = _context.Begin(0, 1);

        _context.Fetch(Request(id, 1, [(1, 50), (2, 60)], forgotten: [0]));

        Assert.Equal([(1, 50), (2, 60)], _context.LastRead);
        Assert.Equal(2, _context.Cache.PartitionCount);
    }

    [Fact]
    public void A_session_that_forgets_its_last_partition_ends()
    {
        var id = _context.Begin(0);

        var response = _context.Fetch(Request(id, 1, [], forgotten: [0]));

        Assert.Equal((0, 0), (response.ErrorCode, response.SessionId));
        Assert.Equal((short)ErrorCode.FetchSessionIdNotFound, _context.Fetch(Request(id, 2)).ErrorCode);
    }

    [Fact]
    public void An_unknown_session_is_not_found()
    {
        var response = _context.Fetch(Request(12345, 1, 0));

        Assert.Equal((short)ErrorCode.FetchSessionIdNotFound, response.ErrorCode);
        Assert.Equal(0, response.SessionId);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void Another_epoch_than_the_next_is_invalid_and_the_session_stays(int epoch)
    {
        var id = _context.Begin(0);

        Assert.Equal((short)ErrorCode.InvalidFetchSessionEpoch, _context.Fetch(Request(id, epoch)).ErrorCode);
        Assert.Equal(0, _context.Fetch(Request(id, 1)).ErrorCode);
        Assert.Equal((short)ErrorCode.InvalidFetchSessionEpoch, _context.Fetch(Request(id, 1)).ErrorCode);
    }

    [Fact]
    public void An_answer_that_another_request_has_overtaken_is_an_invalid_epoch()
    {
        var id = _context.Begin(0);
        var slow = _context.Open(Request(id, 1));
        _context.Fetch(Request(id, 2));

        var response = slow.Answer(_context.Read(slow));

        Assert.Equal((short)ErrorCode.InvalidFetchSessionEpoch, response.ErrorCode);
        Assert.Empty(response.Responses);
    }

    [Fact]
    public void The_first_epoch_with_an_id_ends_that_session_and_begins_another()
    {
        var id = _context.Begin(0);

        var response = _context.Fetch(Request(id, 0, 1));

        Assert.NotEqual(0, response.SessionId);
        Assert.Equal([1], PartitionsOf(response));
        Assert.Equal(1, _context.Cache.Count);
        Assert.Equal((short)ErrorCode.FetchSessionIdNotFound, _context.Fetch(Request(id, 1)).ErrorCode);
    }

    [Fact]
    public void The_final_epoch_with_an_id_ends_that_session()
    {
        var id = _context.Begin(0);

        var response = _context.Fetch(Request(id, FetchSession.FinalEpoch, 0));

        Assert.Equal((0, 0), (response.ErrorCode, response.SessionId));
        Assert.Equal(0, _context.Cache.Count);
        Assert.Equal(0, _context.Cache.PartitionCount);
    }

    [Fact]
    public void Epochs_go_round_without_the_special_ones()
    {
        Assert.Equal(1, FetchSession.NextEpoch(0));
        Assert.Equal(1, FetchSession.NextEpoch(int.MaxValue));
        Assert.Equal(-1, FetchSession.NextEpoch(-1));
    }

    [Fact]
    public void A_session_by_names_takes_no_request_by_ids_nor_the_other_way_round()
    {
        // KIP-516: FETCH_SESSION_TOPIC_ID_ERROR makes the client begin anew.
        var byId = _context.Begin(0);
        var byName = _context.Fetch(Request(0, 0, 0), version: 12).SessionId;

        Assert.Equal((short)ErrorCode.FetchSessionTopicIdError, _context.Fetch(Request(byId, 1), version: 12).ErrorCode);
        Assert.Equal((short)ErrorCode.FetchSessionTopicIdError, _context.Fetch(Request(byName, 1), version: 13).ErrorCode);
        Assert.Equal(0, _context.Fetch(Request(byId, 1), version: 13).ErrorCode);
    }

    [Fact]
    public void Partitions_that_had_records_come_last_the_next_time()
    {
        for (var partition = 0; partition < 4; partition++)
        {
            _context.State[partition] = (10, 1, 1, 0, ErrorCode.None);
        }

        var id = _context.Begin(0, 1, 2, 3);
        _context.ServedMax = 2;
        _context.Fetch(Request(id, 1));
        _context.Fetch(Request(id, 2));

        Assert.Equal([2, 3, 0, 1], _context.LastRead.Select(static read => read.Partition));
    }

    [Fact]
    public void Past_the_slots_a_client_does_without_a_session()
    {
        using var context = new FetchSessionContext(slots: 2);
        context.Begin(0);
        context.Begin(0);

        Assert.Equal(0, context.Begin(0));
        Assert.Equal(2, context.Cache.Count);
        Assert.Equal(0, context.Counters["spillway.frontend.fetch_sessions_evicted"]);
    }

    [Fact]
    public void With_no_slots_there_are_no_sessions()
    {
        using var context = new FetchSessionContext(slots: 0);

        Assert.Equal(0, context.Begin(0));
    }

    [Fact]
    public void A_session_not_used_for_two_minutes_gives_its_place_to_any()
    {
        using var context = new FetchSessionContext(slots: 2);
        var stale = context.Begin(0, 1, 2);
        var used = context.Begin(0, 1, 2);
        context.Time.Advance(TimeSpan.FromSeconds(100));
        context.Fetch(Request(used, 1));
        context.Time.Advance(TimeSpan.FromSeconds(21));

        Assert.NotEqual(0, context.Begin(0));

        Assert.Equal((short)ErrorCode.FetchSessionIdNotFound, context.Fetch(Request(stale, 1)).ErrorCode);
        Assert.Equal(0, context.Fetch(Request(used, 2)).ErrorCode);
        Assert.Equal(1, context.Counters["spillway.frontend.fetch_sessions_evicted"]);
    }

    [Fact]
    public void A_session_that_has_lived_its_time_gives_its_place_to_a_larger_one_only()
    {
        using var context = new FetchSessionContext(slots: 2);
        var small = context.Begin(0, 1);
        var large = context.Begin(0, 1, 2, 3);
        context.Time.Advance(TimeSpan.FromSeconds(119));
        context.Fetch(Request(small, 1));
        context.Fetch(Request(large, 1));
        Assert.Equal(0, context.Begin(0, 1, 2)); // neither has lived two minutes
        context.Time.Advance(TimeSpan.FromSeconds(2));
        context.Fetch(Request(small, 2));
        context.Fetch(Request(large, 2));

        Assert.Equal(0, context.Begin(0, 1));
        Assert.NotEqual(0, context.Begin(0, 1, 2));

        Assert.Equal((short)ErrorCode.FetchSessionIdNotFound, context.Fetch(Request(small, 3)).ErrorCode);
        Assert.Equal(0, context.Fetch(Request(large, 3)).ErrorCode);
    }

    [Fact]
    public void What_sessions_remember_in_sum_is_bounded()
    {
        var many = Enumerable.Range(0, FetchSessionCache.PartitionsMax / 2).ToArray();
        Assert.NotEqual(0, _context.Begin(many));
        Assert.NotEqual(0, _context.Begin(many));

        Assert.Equal(0, _context.Begin(0));
    }
}
