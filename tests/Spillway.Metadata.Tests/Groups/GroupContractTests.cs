using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Tests.Contract;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>What frontends rely on, on the real service with its log, its timers and its long polls.</summary>
public abstract class GroupContractTests(bool overRpc) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spillway-groups-").FullName;
    private MetadataHost _host = null!;
    private ByteString _topic = ByteString.Empty;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        var created = await _host.Admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 2, ReplicationFactor = -1 } } }, Ct);
        _topic = created.Topics[0].TopicId;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Two_members_share_a_generation()
    {
        var first = JoinAsync("g");
        var second = JoinAsync("g");

        var joined = await Task.WhenAll(first, second);
        var leader = joined.Single(j => j.Leader == j.MemberId);
        var follower = joined.Single(j => j.Leader != j.MemberId);
        var waiting = SyncAsync("g", follower);
        var plan = leader.Members
            .Select(m => new MemberAssignment { MemberId = m.MemberId, Assignment = ByteString.CopyFromUtf8(m.MemberId) });
        var own = await SyncAsync("g", leader, [.. plan]);

        Assert.Equal(2, leader.Members.Count);
        Assert.Equal(leader.MemberId, own.Assignment.ToStringUtf8());
        Assert.Equal(follower.MemberId, (await waiting).Assignment.ToStringUtf8());
        Assert.Equal(ErrorCode.None, await HeartbeatAsync("g", follower));
        var described = await DescribeAsync("g");
        Assert.Equal(("Stable", "consumer", "range"), (described.State, described.ProtocolType, described.Protocol));
        Assert.Equal([follower.MemberId, leader.MemberId], described.Members.Select(m => m.Assignment.ToStringUtf8()).Order(
            Comparer<string>.Create((a, b) => a == follower.MemberId ? -1 : 1)));
    }

    [Fact]
    public async Task A_restart_keeps_members_generations_and_offsets()
    {
        var member = await StableAsync("g");
        Assert.Equal(ErrorCode.None, await CommitAsync("g", member, 0, 42, "note"));
        await _host.DisposeAsync();
        await StartAsync();

        Assert.Equal(ErrorCode.None, await HeartbeatAsync("g", member));
        Assert.Equal("plan", (await SyncAsync("g", member)).Assignment.ToStringUtf8());
        var offset = (await FetchAsync("g", 0)).Single();
        Assert.Equal((42, "note", 7), (offset.Offset, offset.Metadata, offset.LeaderEpoch));
        await LeaveAsync("g", member);
        var next = await JoinAsync("g");
        Assert.True(next.GenerationId > member.GenerationId + 1);
    }

    [Fact]
    public async Task A_member_that_falls_silent_is_gone_after_its_session_also_after_a_restart()
    {
        await StableAsync("g", sessionTimeoutMs: 300);
        await _host.DisposeAsync();
        await StartAsync();

        for (var tries = 0; tries < 200 && (await DescribeAsync("g")).State != "Empty"; tries++)
        {
            await ABitAsync();
        }

        Assert.Equal("Empty", (await DescribeAsync("g")).State);
    }

    [Fact]
    public async Task Offsets_are_committed_and_fetched_each_with_its_own_outcome()
    {
        var call = new CommitOffsetsCall
        {
            GroupId = "simple",
            GenerationId = -1,
            Offsets =
            {
                Offset(0, 5, new string('x', 4097)), Offset(1, 6, "fine"), Offset(9, 7, ""),
                new OffsetToCommit { TopicId = ByteString.CopyFrom(new byte[16]), Offset = 1, Metadata = "" },
            },
        };

        var result = await _host.Groups.CommitOffsetsAsync(call, Ct);

        Assert.Equal(
            [ErrorCode.OffsetMetadataTooLarge, ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicId],
            result.ErrorCodes.Select(e => (ErrorCode)e));
        Assert.Equal([-1L, 6L], (await FetchAsync("simple", 0, 1)).Select(o => o.Offset));
        var all = await _host.Groups.FetchOffsetsAsync(new FetchOffsetsCall { GroupId = "simple", AllTopics = true }, Ct);
        Assert.Equal([6L], all.Offsets.Select(o => o.Offset));
    }

    [Fact]
    public async Task Commits_of_those_who_are_not_in_the_group_are_refused()
    {
        var member = await StableAsync("g");
        var stale = member.Clone();
        stale.GenerationId--;
        var stranger = member.Clone();
        stranger.MemberId = "stranger";

        Assert.Equal(ErrorCode.IllegalGeneration, await CommitAsync("g", stale, 0, 1));
        Assert.Equal(ErrorCode.UnknownMemberId, await CommitAsync("g", stranger, 0, 1));
        Assert.Equal(ErrorCode.UnknownMemberId, await CommitAsync("g", new JoinGroupResult { GenerationId = -1 }, 0, 1));
        Assert.Equal(ErrorCode.GroupIdNotFound, await CommitAsync("nobody's", member, 0, 1));
        Assert.Equal(-1, (await FetchAsync("g", 0)).Single().Offset);
    }

    [Fact]
    public async Task Groups_are_listed_by_state_and_type_and_described_and_deleted()
    {
        var member = await StableAsync("with members");
        await CommitAsync("offsets only", new JoinGroupResult { GenerationId = -1 }, 0, 1);

        Assert.Equal(
            [("offsets only", "", "Empty", "classic"), ("with members", "consumer", "Stable", "classic")],
            (await ListAsync()).Select(g => (g.GroupId, g.ProtocolType, g.State, g.Type)));
        Assert.Equal(["offsets only"], (await ListAsync(states: "empty")).Select(g => g.GroupId));
        Assert.Equal(2, (await ListAsync(types: "Classic")).Count);
        Assert.Empty(await ListAsync(types: "consumer"));
        var unknown = await DescribeAsync("no such group");
        Assert.Equal(("Dead", ErrorCode.GroupIdNotFound), (unknown.State, (ErrorCode)unknown.ErrorCode));

        var deleted = await _host.Groups.DeleteGroupsAsync(
            new DeleteGroupsCall { GroupIds = { "with members", "offsets only", "no such group" } }, Ct);

        Assert.Equal(
            [ErrorCode.NonEmptyGroup, ErrorCode.None, ErrorCode.GroupIdNotFound],
            deleted.Groups.Select(g => (ErrorCode)g.ErrorCode));
        await LeaveAsync("with members", member);
        Assert.Equal([("with members", "Empty")], (await ListAsync()).Select(g => (g.GroupId, g.State)));
    }

    [Fact]
    public async Task Ids_that_were_given_out_are_a_group_without_members()
    {
        var first = await JoinAsync("g", isKnown: false);
        Assert.Equal(ErrorCode.MemberIdRequired, (ErrorCode)first.ErrorCode);

        Assert.Equal([("g", "", "Empty", "classic")], (await ListAsync()).Select(g => (g.GroupId, g.ProtocolType, g.State, g.Type)));
        var described = await DescribeAsync("g");
        Assert.Equal(("Empty", 0), (described.State, described.ErrorCode));
        Assert.Equal(ErrorCode.UnknownMemberId, await CommitAsync("g", new JoinGroupResult { GenerationId = 3, MemberId = "x" }, 0, 1));
        Assert.Equal(ErrorCode.None, await DeleteOffsetAsync("g"));

        var deleted = await _host.Groups.DeleteGroupsAsync(new DeleteGroupsCall { GroupIds = { "g" } }, Ct);
        Assert.Equal(0, Assert.Single(deleted.Groups).ErrorCode);
        Assert.Empty(await ListAsync());
        Assert.Equal(ErrorCode.GroupIdNotFound, await DeleteOffsetAsync("g"));
        Assert.Equal("Group g not found.", (await DescribeAsync("g")).ErrorMessage);
    }

    [Fact]
    public async Task Ids_that_were_given_out_go_with_the_groups_offsets()
    {
        await CommitAsync("g", new JoinGroupResult { GenerationId = -1 }, 0, 1);
        var given = await JoinAsync("g", isKnown: false);

        var deleted = await _host.Groups.DeleteGroupsAsync(new DeleteGroupsCall { GroupIds = { "g" } }, Ct);

        Assert.Equal(0, Assert.Single(deleted.Groups).ErrorCode);
        Assert.Empty(await ListAsync());
        Assert.Equal(ErrorCode.UnknownMemberId, (ErrorCode)(await JoinAsync("g", memberId: given.MemberId)).ErrorCode);
    }

    [Fact]
    public async Task Offsets_of_a_group_in_its_first_rebalance_belong_to_those_who_join()
    {
        var consumer = JoinAsync("consumers");
        var worker = JoinAsync("workers", protocolType: "connect");
        while (await ListAsync() is not [{ State: not "Empty" }, { State: not "Empty" }])
        {
            await ABitAsync();
        }

        Assert.Equal(ErrorCode.GroupSubscribedToTopic, await DeleteOffsetAsync("consumers"));
        Assert.Equal(ErrorCode.NonEmptyGroup, await DeleteOffsetAsync("workers"));
        await Task.WhenAll(consumer, worker);
    }

    [Fact]
    public async Task What_no_member_reads_expires_though_the_group_has_members()
    {
        // No topics: version 0, an empty list, no user data.
        var member = await StableAsync("g", metadata: [0, 0, 0, 0, 0, 0, 255, 255, 255, 255]);
        var everything = await StableAsync("h");
        var worker = await StableAsync("w", protocolType: "connect");
        await CommitAsync("h", everything, 0, 1, retentionMs: 1);
        await CommitAsync("w", worker, 0, 1, retentionMs: 1);
        await CommitAsync("g", member, 1, 1);

        // Twice, so that in between all groups were looked at.
        for (var round = 0; round < 2; round++)
        {
            await CommitAsync("g", member, 0, 1, retentionMs: 1);
            for (var tries = 0; tries < 400 && (await FetchAsync("g", 0)).Single().Offset >= 0; tries++)
            {
                await ABitAsync();
            }
        }

        Assert.Equal([-1, 1], (await FetchAsync("g", 0, 1)).Select(o => o.Offset));
        Assert.Equal(1, (await FetchAsync("h", 0)).Single().Offset);
        Assert.Equal(1, (await FetchAsync("w", 0)).Single().Offset);
        Assert.Equal(ErrorCode.None, await HeartbeatAsync("g", member));
    }

    [Fact]
    public async Task Metadata_of_an_offset_is_counted_in_characters()
    {
        var nobody = new JoinGroupResult { GenerationId = -1 };

        Assert.Equal(ErrorCode.None, await CommitAsync("g", nobody, 0, 1, new string('é', 4096)));
        Assert.Equal(ErrorCode.OffsetMetadataTooLarge, await CommitAsync("g", nobody, 0, 1, new string('a', 4097)));
    }

    [Fact]
    public async Task A_group_needs_a_name()
    {
        Assert.Equal(ErrorCode.InvalidGroupId, (ErrorCode)(await JoinAsync("")).ErrorCode);
        Assert.Equal(ErrorCode.InvalidGroupId, (ErrorCode)(await SyncAsync("", new JoinGroupResult())).ErrorCode);
        Assert.Equal(ErrorCode.InvalidGroupId, await HeartbeatAsync("", new JoinGroupResult()));
        Assert.Equal(
            ErrorCode.InvalidGroupId,
            (ErrorCode)(await _host.Groups.LeaveGroupAsync(new LeaveGroupCall(), Ct)).ErrorCode);
    }

    [Fact]
    public async Task Offsets_of_an_empty_group_expire_by_the_clusters_retention()
    {
        await CommitAsync("g", new JoinGroupResult { GenerationId = -1 }, 0, 1, retentionMs: 1);

        for (var tries = 0; tries < 400 && (await ListAsync()).Count > 0; tries++)
        {
            await ABitAsync();
        }

        Assert.Empty(await ListAsync());
    }

    private static Task ABitAsync() => Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);

    private async Task StartAsync() => _host = await MetadataHost.StartAsync(
        _folder,
        overRpc,
        ("Spillway:Broker:group.initial.rebalance.delay.ms", "200"),
        ("Spillway:Broker:group.min.session.timeout.ms", "100"),
        ("Spillway:Broker:offsets.retention.check.interval.ms", "1"));

    private async Task<JoinGroupResult> StableAsync(
        string group, int sessionTimeoutMs = 30_000, string protocolType = "consumer", byte[]? metadata = null)
    {
        var joined = await JoinAsync(group, sessionTimeoutMs, protocolType, metadata);
        var assignment = new MemberAssignment { MemberId = joined.MemberId, Assignment = ByteString.CopyFromUtf8("plan") };
        Assert.Equal(0, (await SyncAsync(group, joined, assignment)).ErrorCode);
        return joined;
    }

    private Task<JoinGroupResult> JoinAsync(
        string group,
        int sessionTimeoutMs = 30_000,
        string protocolType = "consumer",
        byte[]? metadata = null,
        bool isKnown = true,
        string memberId = "") =>
        _host.Groups.JoinGroupAsync(
            new JoinGroupCall
            {
                GroupId = group,
                SessionTimeoutMs = sessionTimeoutMs,
                RebalanceTimeoutMs = 30_000,
                ProtocolType = protocolType,
                ClientId = "c",
                RequiresKnownMemberId = !isKnown,
                MemberId = memberId,
                Protocols = { new GroupProtocol { Name = "range", Metadata = ByteString.CopyFrom(metadata ?? [1]) } },
            },
            Ct);

    private async Task<ErrorCode> DeleteOffsetAsync(string group)
    {
        var call = new DeleteOffsetsCall { GroupId = group, Offsets = { new OffsetToFetch { TopicId = _topic, Partition = 0 } } };
        var result = await _host.Groups.DeleteOffsetsAsync(call, Ct);
        return (ErrorCode)(result.ErrorCode != 0 ? result.ErrorCode : result.ErrorCodes.Single());
    }

    private Task<SyncGroupResult> SyncAsync(string group, JoinGroupResult joined, params MemberAssignment[] plan) =>
        _host.Groups.SyncGroupAsync(
            new SyncGroupCall
            {
                GroupId = group, MemberId = joined.MemberId, GenerationId = joined.GenerationId, Assignments = { plan },
            },
            Ct);

    private async Task<ErrorCode> HeartbeatAsync(string group, JoinGroupResult joined)
    {
        var call = new HeartbeatCall { GroupId = group, MemberId = joined.MemberId, GenerationId = joined.GenerationId };
        return (ErrorCode)(await _host.Groups.HeartbeatAsync(call, Ct)).ErrorCode;
    }

    private Task<LeaveGroupResult> LeaveAsync(string group, JoinGroupResult joined) => _host.Groups.LeaveGroupAsync(
        new LeaveGroupCall { GroupId = group, Members = { new LeavingMember { MemberId = joined.MemberId } } }, Ct);

    private async Task<ErrorCode> CommitAsync(
        string group, JoinGroupResult joined, int partition, long offset, string metadata = "", long? retentionMs = null)
    {
        var call = new CommitOffsetsCall
        {
            GroupId = group,
            MemberId = joined.MemberId,
            GenerationId = joined.GenerationId,
            Offsets = { Offset(partition, offset, metadata) },
        };
        if (retentionMs is { } ms)
        {
            call.RetentionMs = ms;
        }

        return (ErrorCode)(await _host.Groups.CommitOffsetsAsync(call, Ct)).ErrorCodes.Single();
    }

    private OffsetToCommit Offset(int partition, long offset, string metadata) =>
        new() { TopicId = _topic, Partition = partition, Offset = offset, LeaderEpoch = 7, Metadata = metadata };

    private async Task<IReadOnlyList<FetchedOffset>> FetchAsync(string group, params int[] partitions)
    {
        var call = new FetchOffsetsCall { GroupId = group };
        call.Offsets.AddRange(partitions.Select(p => new OffsetToFetch { TopicId = _topic, Partition = p }));
        return (await _host.Groups.FetchOffsetsAsync(call, Ct)).Offsets;
    }

    private async Task<IReadOnlyList<ListedGroup>> ListAsync(string? states = null, string? types = null)
    {
        var call = new ListGroupsCall();
        call.States.AddRange(states is null ? [] : [states]);
        call.Types_.AddRange(types is null ? [] : [types]);
        return (await _host.Groups.ListGroupsAsync(call, Ct)).Groups;
    }

    private async Task<DescribedGroup> DescribeAsync(string group) =>
        (await _host.Groups.DescribeGroupsAsync(new DescribeGroupsCall { GroupIds = { group } }, Ct)).Groups.Single();
}
