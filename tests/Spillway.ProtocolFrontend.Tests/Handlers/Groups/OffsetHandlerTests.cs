using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Groups;

/// <summary>Offsets of names and of ids, known and unknown.</summary>
public sealed class OffsetHandlerTests : IAsyncDisposable
{
    private readonly GroupHandlerContext _context = new();

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public async Task A_name_becomes_the_id_of_the_topic_that_has_it(int version)
    {
        await CommitAsync(version, ("t", Guid.Empty, 1));

        var offset = Assert.Single(_context.Groups.Last<CommitOffsetsCall>().Offsets);
        Assert.Equal(GroupHandlerContext.Bytes(_context.TopicId), offset.TopicId);
        Assert.Equal((1, 42, "note"), (offset.Partition, offset.Offset, offset.Metadata));
        Assert.Equal(0, _context.Images.BarrierCount);
    }

    [Fact]
    public async Task The_last_version_says_the_id_itself()
    {
        var response = await CommitAsync(10, ("", _context.TopicId, 0));

        Assert.Equal(_context.TopicId, Assert.Single(response.Topics).TopicId);
        Assert.Equal(0, response.Topics[0].Partitions[0].ErrorCode);
        Assert.Equal(3, Assert.Single(_context.Groups.Last<CommitOffsetsCall>().Offsets).LeaderEpoch);
    }

    [Theory]
    [InlineData(9, ErrorCode.UnknownTopicOrPartition)]
    [InlineData(10, ErrorCode.UnknownTopicId)]
    public async Task A_topic_that_nobody_knows_fails_alone_and_after_a_look_at_the_present(int version, ErrorCode expected)
    {
        var response = await CommitAsync(version, ("t", _context.TopicId, 0), ("ghost", Guid.NewGuid(), 0));

        Assert.Equal([(short)0, (short)expected], response.Topics.Select(t => t.Partitions[0].ErrorCode));
        Assert.Single(_context.Groups.Last<CommitOffsetsCall>().Offsets);
        Assert.Equal(1, _context.Images.BarrierCount);
    }

    [Fact]
    public async Task A_topic_that_is_new_to_this_frontend_is_found_by_looking_at_the_present()
    {
        var id = Guid.NewGuid();
        _context.Images.OnBarrier = () => _context.Know("new", id);

        var response = await CommitAsync(9, ("new", Guid.Empty, 0));

        Assert.Equal(0, response.Topics[0].Partitions[0].ErrorCode);
        Assert.Equal(GroupHandlerContext.Bytes(id), Assert.Single(_context.Groups.Last<CommitOffsetsCall>().Offsets).TopicId);
    }

    [Fact]
    public async Task Errors_of_partitions_come_back_in_their_places_in_the_words_of_the_version()
    {
        _context.Groups.Commit = call => new CommitOffsetsResult
        {
            ErrorCodes = { (int)ErrorCode.OffsetMetadataTooLarge, (int)ErrorCode.UnknownTopicId },
        };

        var response = await CommitAsync(9, ("t", Guid.Empty, 0), ("ghost", Guid.Empty, 0), ("t", Guid.Empty, 1));

        Assert.Equal(
            [ErrorCode.OffsetMetadataTooLarge, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition],
            response.Topics.Select(t => (ErrorCode)t.Partitions[0].ErrorCode));
    }

    [Theory]
    [InlineData(4, 5_000L, true)]
    [InlineData(4, -1L, false)]
    [InlineData(5, -1L, false)]
    public async Task Old_clients_name_a_retention(int version, long retentionMs, bool handedOn)
    {
        var request = CommitRequest(version, ("t", Guid.Empty, 0));
        request.RetentionTimeMs = retentionMs;

        await _context.AskAsync<OffsetCommitResponse>(ApiKey.OffsetCommit, version, request);

        Assert.Equal(handedOn, _context.Groups.Last<CommitOffsetsCall>().HasRetentionMs);
    }

    [Fact]
    public async Task What_was_never_committed_is_no_error()
    {
        _context.Groups.Fetch = FetchNothing;
        var request = new OffsetFetchRequest { GroupId = "g", Topics = [Topic("t"), Topic("ghost")] };

        var response = await _context.AskAsync<OffsetFetchResponse>(ApiKey.OffsetFetch, 7, request);

        Assert.Equal(["t", "ghost"], response.Topics.Select(t => t.Name));
        Assert.All(response.Topics, t => Assert.Equal(
            (-1, -1, "", (short)0),
            (t.Partitions[0].CommittedOffset, t.Partitions[0].CommittedLeaderEpoch, t.Partitions[0].Metadata, t.Partitions[0].ErrorCode)));
    }

    [Fact]
    public async Task All_offsets_of_a_group_come_with_names_and_ids_and_without_topics_that_have_gone()
    {
        _context.Groups.Fetch = _ => new FetchOffsetsResult
        {
            Offsets =
            {
                new FetchedOffset { TopicId = GroupHandlerContext.Bytes(_context.TopicId), Partition = 1, Offset = 5, Metadata = "note" },
                new FetchedOffset { TopicId = GroupHandlerContext.Bytes(Guid.NewGuid()), Partition = 0, Offset = 6 },
            },
        };

        var old = await _context.AskAsync<OffsetFetchResponse>(
            ApiKey.OffsetFetch, 2, new OffsetFetchRequest { GroupId = "g", Topics = null });
        var newest = await _context.AskAsync<OffsetFetchResponse>(
            ApiKey.OffsetFetch, 10, new OffsetFetchRequest { Groups = { new() { GroupId = "g", Topics = null } } });

        Assert.True(_context.Groups.Last<FetchOffsetsCall>().AllTopics);
        Assert.Equal(("t", 5, "note"), (old.Topics.Single().Name, old.Topics[0].Partitions[0].CommittedOffset, old.Topics[0].Partitions[0].Metadata));
        Assert.Equal(_context.TopicId, newest.Groups.Single().Topics.Single().TopicId);
        Assert.Equal(5, newest.Groups[0].Topics[0].Partitions[0].CommittedOffset);
    }

    [Fact]
    public async Task Many_groups_are_asked_one_by_one()
    {
        _context.Groups.Fetch = call => call.GroupId == "bad"
            ? throw new RpcException(RpcStatusCode.Unavailable, "the test says so")
            : FetchNothing(call);
        var request = new OffsetFetchRequest
        {
            Groups =
            {
                new() { GroupId = "good", Topics = [new() { Name = "t", PartitionIndexes = [0] }] },
                new() { GroupId = "bad", Topics = [new() { Name = "t", PartitionIndexes = [0] }] },
            },
        };

        var response = await _context.AskAsync<OffsetFetchResponse>(ApiKey.OffsetFetch, 8, request);

        Assert.Equal(
            [("good", ErrorCode.None, 1), ("bad", ErrorCode.CoordinatorNotAvailable, 0)],
            response.Groups.Select(g => (g.GroupId, (ErrorCode)g.ErrorCode, g.Topics.Count)));
    }

    [Fact]
    public async Task An_unknown_id_is_an_error_of_its_partitions()
    {
        _context.Groups.Fetch = FetchNothing;
        var request = new OffsetFetchRequest
        {
            Groups =
            {
                new()
                {
                    GroupId = "g",
                    Topics =
                    [
                        new() { TopicId = Guid.NewGuid(), PartitionIndexes = [0, 1] }, new() { TopicId = _context.TopicId, PartitionIndexes = [0] },
                    ],
                },
            },
        };

        var response = await _context.AskAsync<OffsetFetchResponse>(ApiKey.OffsetFetch, 10, request);

        Assert.Equal(
            [(short)ErrorCode.UnknownTopicId, (short)ErrorCode.UnknownTopicId, (short)0],
            response.Groups[0].Topics.SelectMany(t => t.Partitions).Select(p => p.ErrorCode));
    }

    [Theory]
    [InlineData(1, ErrorCode.None, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(2, ErrorCode.CoordinatorNotAvailable, ErrorCode.CoordinatorNotAvailable)]
    public async Task A_groups_error_is_where_its_version_has_a_place_for_it(int version, ErrorCode ofGroup, ErrorCode ofPartition)
    {
        _context.Groups.Failure = RpcStatusCode.Unavailable;

        var response = await _context.AskAsync<OffsetFetchResponse>(
            ApiKey.OffsetFetch, version, new OffsetFetchRequest { GroupId = "g", Topics = [Topic("t")] });

        Assert.Equal((short)ofGroup, response.ErrorCode);
        Assert.Equal((short)ofPartition, response.Topics[0].Partitions[0].ErrorCode);
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private static OffsetFetchRequest.OffsetFetchRequestTopic Topic(string name) => new() { Name = name, PartitionIndexes = [0] };

    private static FetchOffsetsResult FetchNothing(FetchOffsetsCall call) => new()
    {
        Offsets =
        {
            call.Offsets.Select(o => new FetchedOffset { TopicId = o.TopicId, Partition = o.Partition, Offset = -1, LeaderEpoch = -1, Metadata = "" }),
        },
    };

    private Task<OffsetCommitResponse> CommitAsync(int version, params (string Name, Guid Id, int Partition)[] offsets) =>
        _context.AskAsync<OffsetCommitResponse>(ApiKey.OffsetCommit, version, CommitRequest(version, offsets));

    private static OffsetCommitRequest CommitRequest(int version, params (string Name, Guid Id, int Partition)[] offsets)
    {
        var request = new OffsetCommitRequest { GroupId = "g", GenerationIdOrMemberEpoch = 1, MemberId = "m1" };
        foreach (var (name, id, partition) in offsets)
        {
            request.Topics.Add(new()
            {
                Name = name,
                TopicId = version >= 10 ? id : Guid.Empty,
                Partitions =
                {
                    new() { PartitionIndex = partition, CommittedOffset = 42, CommittedMetadata = "note", CommittedLeaderEpoch = 3 },
                },
            });
        }

        return request;
    }
}
