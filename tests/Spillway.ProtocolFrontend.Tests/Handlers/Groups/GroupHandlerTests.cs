using System.Text;
using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Rpc;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Groups;

/// <summary>Membership and administration of groups, at the versions where something changes.</summary>
public sealed class GroupHandlerTests : IAsyncDisposable
{
    private readonly GroupHandlerContext _context = new();

    public static TheoryData<short, short, int> AllVersions()
    {
        var all = new TheoryData<short, short, int>();
        ApiKey[] keys =
        [
            ApiKey.JoinGroup, ApiKey.SyncGroup, ApiKey.Heartbeat, ApiKey.LeaveGroup, ApiKey.OffsetCommit, ApiKey.OffsetFetch,
            ApiKey.DescribeGroups, ApiKey.ListGroups, ApiKey.DeleteGroups,
        ];
        foreach (var key in keys)
        {
            for (var version = MessageCatalog.MinVersion(key); version <= MessageCatalog.MaxStableVersion(key); version++)
            {
                all.Add((short)key, version, 0);
                all.Add((short)key, version, (int)RpcStatusCode.Unavailable);
            }
        }

        return all;
    }

    /// <summary>An answer with everything in it, and a failure, must be something that the version can say.</summary>
    [Theory]
    [MemberData(nameof(AllVersions))]
    public async Task Every_version_has_its_answer(short apiKey, short version, int failure)
    {
        _context.Groups.Failure = failure == 0 ? null : (RpcStatusCode)failure;
        FillAnswers();

        var response = await _context.AskAsync<IKafkaResponse>((ApiKey)apiKey, version, Request((ApiKey)apiKey, version));

        var expected = failure == 0 ? ErrorCode.None
            : (ApiKey)apiKey is ApiKey.JoinGroup or ApiKey.SyncGroup or ApiKey.Heartbeat or ApiKey.LeaveGroup ? ErrorCode.NotCoordinator
            : ErrorCode.CoordinatorNotAvailable;
        Assert.Equal(expected, ErrorOf(response));
    }

    [Fact]
    public async Task The_first_version_of_a_join_has_its_session_timeout_for_the_rebalance_too()
    {
        await JoinAsync(0);

        var asked = _context.Groups.Last<JoinGroupCall>();
        Assert.Equal((7_000, 7_000), (asked.SessionTimeoutMs, asked.RebalanceTimeoutMs));
        Assert.False(asked.HasGroupInstanceId);
    }

    [Theory]
    [InlineData(3, false, false)]
    [InlineData(4, true, false)]
    [InlineData(8, true, false)]
    [InlineData(9, true, true)]
    public async Task What_a_client_understands_follows_from_its_version(int version, bool twoSteps, bool skipping)
    {
        await JoinAsync(version);

        var asked = _context.Groups.Last<JoinGroupCall>();
        Assert.Equal((twoSteps, skipping), (asked.RequiresKnownMemberId, asked.SupportsSkippingAssignment));
        Assert.Equal("test", asked.ClientId);
    }

    [Fact]
    public async Task A_join_says_all_of_its_answer()
    {
        _context.Groups.Join = new JoinGroupResult
        {
            GenerationId = 3,
            ProtocolType = "consumer",
            ProtocolName = "range",
            Leader = "m1",
            MemberId = "m1",
            SkipAssignment = true,
            Members = { new JoinedMember { MemberId = "m1", GroupInstanceId = "i1", Metadata = ByteString.CopyFromUtf8("sub") } },
        };

        var joined = await JoinAsync(9);

        Assert.Equal((3, "consumer", "range"), (joined.GenerationId, joined.ProtocolType, joined.ProtocolName));
        Assert.Equal(("m1", "m1", true), (joined.Leader, joined.MemberId, joined.SkipAssignment));
        var member = Assert.Single(joined.Members);
        Assert.Equal(("m1", "i1", "sub"), (member.MemberId, member.GroupInstanceId, Encoding.UTF8.GetString(member.Metadata.Span)));
    }

    [Theory]
    [InlineData(6, "")]
    [InlineData(7, null)]
    public async Task A_failed_join_has_no_protocol_as_its_version_says_it(int version, string? none)
    {
        _context.Groups.Join = new JoinGroupResult { ErrorCode = (int)ErrorCode.MemberIdRequired, GenerationId = -1, MemberId = "m1" };

        var joined = await JoinAsync(version);

        Assert.Equal(((short)ErrorCode.MemberIdRequired, -1, "m1"), (joined.ErrorCode, joined.GenerationId, joined.MemberId));
        Assert.Equal(none, joined.ProtocolName);
    }

    [Theory]
    [InlineData(RpcStatusCode.Unavailable)]
    [InlineData(RpcStatusCode.DeadlineExceeded)]
    public async Task A_join_of_unknown_outcome_sends_the_client_to_look_for_its_coordinator(RpcStatusCode failure)
    {
        _context.Groups.Failure = failure;

        Assert.Equal((short)ErrorCode.NotCoordinator, (await JoinAsync(9)).ErrorCode);
    }

    [Fact]
    public async Task A_drain_ends_the_wait_of_a_join()
    {
        _context.Groups.JoinsForever = true;
        var waiting = JoinAsync(9);
        await _context.Groups.JoinBegan.Task;

        await _context.Connections.DrainAsync(TestContext.Current.CancellationToken);

        Assert.Equal((short)ErrorCode.NotCoordinator, (await waiting).ErrorCode);
    }

    [Fact]
    public async Task A_sync_must_name_its_protocol_from_version_5_on()
    {
        var request = new SyncGroupRequest { GroupId = "g", MemberId = "m1", GenerationId = 1 };

        var old = await _context.AskAsync<SyncGroupResponse>(ApiKey.SyncGroup, 4, request);
        Assert.Equal(0, old.ErrorCode);
        Assert.False(_context.Groups.Last<SyncGroupCall>().HasProtocolName);
        var unnamed = await _context.AskAsync<SyncGroupResponse>(ApiKey.SyncGroup, 5, request);
        Assert.Equal((short)ErrorCode.InconsistentGroupProtocol, unnamed.ErrorCode);
    }

    [Fact]
    public async Task A_leader_syncs_the_assignments_of_all()
    {
        _context.Groups.Sync = new SyncGroupResult { ProtocolType = "consumer", ProtocolName = "range", Assignment = ByteString.CopyFromUtf8("a1") };
        var request = new SyncGroupRequest { GroupId = "g", MemberId = "m1", GenerationId = 1, ProtocolType = "consumer", ProtocolName = "range" };
        request.Assignments.Add(new() { MemberId = "m2", Assignment = "a2"u8.ToArray() });

        var synced = await _context.AskAsync<SyncGroupResponse>(ApiKey.SyncGroup, 5, request);

        Assert.Equal("a1", Encoding.UTF8.GetString(synced.Assignment.Span));
        Assert.Equal(("consumer", "range"), (synced.ProtocolType, synced.ProtocolName));
        Assert.Equal("a2", Assert.Single(_context.Groups.Last<SyncGroupCall>().Assignments).Assignment.ToStringUtf8());
    }

    [Fact]
    public async Task One_member_that_leaves_is_told_its_own_error()
    {
        _context.Groups.Leave = new LeaveGroupResult { Members = { new LeftMember { MemberId = "m1", ErrorCode = (int)ErrorCode.UnknownMemberId } } };

        var left = await _context.AskAsync<LeaveGroupResponse>(ApiKey.LeaveGroup, 2, new LeaveGroupRequest { GroupId = "g", MemberId = "m1" });

        Assert.Equal((short)ErrorCode.UnknownMemberId, left.ErrorCode);
        Assert.Equal("m1", Assert.Single(_context.Groups.Last<LeaveGroupCall>().Members).MemberId);
    }

    [Fact]
    public async Task Many_members_that_leave_have_an_error_each()
    {
        _context.Groups.Leave = new LeaveGroupResult
        {
            Members =
            {
                new LeftMember { MemberId = "m1" },
                new LeftMember { GroupInstanceId = "i2", ErrorCode = (int)ErrorCode.UnknownMemberId },
            },
        };
        var request = new LeaveGroupRequest { GroupId = "g" };
        request.Members.Add(new() { MemberId = "m1", Reason = "bored" });
        request.Members.Add(new() { MemberId = "", GroupInstanceId = "i2" });

        var left = await _context.AskAsync<LeaveGroupResponse>(ApiKey.LeaveGroup, 5, request);

        Assert.Equal(0, left.ErrorCode);
        Assert.Equal(
            [("m1", null, (short)0), ("", "i2", (short)ErrorCode.UnknownMemberId)],
            left.Members.Select(m => (m.MemberId, m.GroupInstanceId, m.ErrorCode)));
        var asked = _context.Groups.Last<LeaveGroupCall>();
        Assert.False(asked.Members[0].HasGroupInstanceId);
        Assert.Equal("i2", asked.Members[1].GroupInstanceId);
    }

    [Theory]
    [InlineData(5, 0, null)]
    [InlineData(6, (short)ErrorCode.GroupIdNotFound, "Group g not found.")]
    public async Task A_group_that_is_not_there_is_dead_and_later_an_error(int version, short error, string? message)
    {
        _context.Groups.Describe = new DescribeGroupsResult
        {
            Groups =
            {
                new DescribedGroup
                {
                    GroupId = "g", State = "Dead", ErrorCode = (int)ErrorCode.GroupIdNotFound, ErrorMessage = "Group g not found.",
                },
            },
        };
        var request = new DescribeGroupsRequest { IncludeAuthorizedOperations = true };
        request.Groups.Add("g");

        var described = await _context.AskAsync<DescribeGroupsResponse>(ApiKey.DescribeGroups, version, request);

        var group = Assert.Single(described.Groups);
        Assert.Equal(("Dead", error, message), (group.GroupState, group.ErrorCode, group.ErrorMessage));
        Assert.NotEqual(int.MinValue, group.AuthorizedOperations);
    }

    [Fact]
    public async Task Filters_of_a_list_are_handed_on()
    {
        _context.Groups.List = new ListGroupsResult
        {
            Groups = { new ListedGroup { GroupId = "g", ProtocolType = "consumer", State = "Stable", Type = "classic" } },
        };
        var request = new ListGroupsRequest();
        request.StatesFilter.Add("Stable");
        request.TypesFilter.Add("classic");

        var listed = await _context.AskAsync<ListGroupsResponse>(ApiKey.ListGroups, 5, request);

        var group = Assert.Single(listed.Groups);
        Assert.Equal(("g", "consumer", "Stable", "classic"), (group.GroupId, group.ProtocolType, group.GroupState, group.GroupType));
        var asked = _context.Groups.Last<ListGroupsCall>();
        Assert.Equal(["Stable"], asked.States);
        Assert.Equal(["classic"], asked.Types_);
    }

    [Fact]
    public async Task A_metadata_that_cannot_be_reached_is_a_coordinator_that_is_not_available()
    {
        _context.Groups.Failure = RpcStatusCode.Unavailable;
        var request = new DeleteGroupsRequest();
        request.GroupsNames.AddRange(["a", "b"]);

        var deleted = await _context.AskAsync<DeleteGroupsResponse>(ApiKey.DeleteGroups, 2, request);

        Assert.Equal(
            [("a", (short)ErrorCode.CoordinatorNotAvailable), ("b", (short)ErrorCode.CoordinatorNotAvailable)],
            deleted.Results.Select(r => (r.GroupId, r.ErrorCode)));
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private Task<JoinGroupResponse> JoinAsync(int version) =>
        _context.AskAsync<JoinGroupResponse>(ApiKey.JoinGroup, version, Request(ApiKey.JoinGroup, (short)version));

    private static ErrorCode ErrorOf(IKafkaResponse response) => (ErrorCode)(response switch
    {
        JoinGroupResponse join => join.ErrorCode,
        SyncGroupResponse sync => sync.ErrorCode,
        HeartbeatResponse beat => beat.ErrorCode,
        LeaveGroupResponse leave => leave.ErrorCode,
        OffsetCommitResponse commit => commit.Topics[0].Partitions[0].ErrorCode,
        OffsetFetchResponse { Groups: [var group] } => group.ErrorCode,
        OffsetFetchResponse fetch => fetch.Topics[0].Partitions[0].ErrorCode,
        DescribeGroupsResponse describe => describe.Groups[0].ErrorCode,
        ListGroupsResponse list => list.ErrorCode,
        _ => ((DeleteGroupsResponse)response).Results[0].ErrorCode,
    });

    private IKafkaRequest Request(ApiKey apiKey, short version) => apiKey switch
    {
        ApiKey.JoinGroup => new JoinGroupRequest
        {
            GroupId = "g",
            SessionTimeoutMs = 7_000,
            RebalanceTimeoutMs = 9_000,
            ProtocolType = "consumer",
            GroupInstanceId = version >= 5 ? "i1" : null,
            Protocols = { new() { Name = "range", Metadata = "sub"u8.ToArray() } },
        },
        ApiKey.SyncGroup => new SyncGroupRequest
        {
            GroupId = "g", MemberId = "m1", GenerationId = 1, ProtocolType = "consumer", ProtocolName = "range",
        },
        ApiKey.Heartbeat => new HeartbeatRequest { GroupId = "g", MemberId = "m1", GenerationId = 1 },
        ApiKey.LeaveGroup when version < 3 => new LeaveGroupRequest { GroupId = "g", MemberId = "m1" },
        ApiKey.LeaveGroup => new LeaveGroupRequest { GroupId = "g", Members = { new() { MemberId = "m1" } } },
        ApiKey.OffsetCommit => new OffsetCommitRequest
        {
            GroupId = "g",
            Topics =
            {
                new() { Name = "t", TopicId = _context.TopicId, Partitions = { new() { PartitionIndex = 1, CommittedOffset = 5 } } },
            },
        },
        ApiKey.OffsetFetch when version < 8 => new OffsetFetchRequest
        {
            GroupId = "g", Topics = [new() { Name = "t", PartitionIndexes = [1] }],
        },
        ApiKey.OffsetFetch => new OffsetFetchRequest
        {
            Groups = { new() { GroupId = "g", Topics = [new() { Name = "t", TopicId = _context.TopicId, PartitionIndexes = [1] }] } },
        },
        ApiKey.DescribeGroups => new DescribeGroupsRequest { Groups = { "g" } },
        ApiKey.ListGroups => new ListGroupsRequest(),
        _ => new DeleteGroupsRequest { GroupsNames = { "g" } },
    };

    private void FillAnswers()
    {
        _context.Groups.Join = new JoinGroupResult
        {
            GenerationId = 1,
            ProtocolType = "consumer",
            ProtocolName = "range",
            Leader = "m1",
            MemberId = "m1",
            Members = { new JoinedMember { MemberId = "m1", GroupInstanceId = "i1" } },
        };
        _context.Groups.Sync = new SyncGroupResult { ProtocolType = "consumer", ProtocolName = "range" };
        _context.Groups.Leave = new LeaveGroupResult { Members = { new LeftMember { MemberId = "m1", GroupInstanceId = "i1" } } };
        _context.Groups.Fetch = call => new FetchOffsetsResult
        {
            Offsets = { call.Offsets.Select(o => new FetchedOffset { TopicId = o.TopicId, Partition = o.Partition, Offset = 5, LeaderEpoch = 0 }) },
        };
        _context.Groups.Describe = new DescribeGroupsResult
        {
            Groups =
            {
                new DescribedGroup
                {
                    GroupId = "g", State = "Stable", Members = { new DescribedMember { MemberId = "m1", GroupInstanceId = "i1" } },
                },
            },
        };
        _context.Groups.List = new ListGroupsResult { Groups = { new ListedGroup { GroupId = "g", State = "Empty", Type = "classic" } } };
        _context.Groups.Delete = new DeleteGroupsResult { Groups = { new GroupResult { GroupId = "g" } } };
    }
}
