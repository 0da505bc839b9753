using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Tests.Members;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Testing;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>Three metadata nodes, and groups whose members notice nothing when another one leads: nobody joins again.</summary>
public sealed class LeaderChangeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Generations_epochs_assignments_and_offsets_go_on_with_another_leader()
    {
        await using var nodes = await NodeGroup.StartAsync(3, ("Spillway:Broker:group.initial.rebalance.delay.ms", "0"));
        var groups = new RemoteGroupService(nodes.Channels);
        var topic = await CreateTopicAsync(nodes);
        var joined = await groups.JoinGroupAsync(JoinOf(), Ct);
        var plan = new MemberAssignment { MemberId = joined.MemberId, Assignment = ByteString.CopyFromUtf8("plan") };
        await groups.SyncGroupAsync(SyncOf(joined, plan), Ct);
        Assert.Equal(0, (await groups.CommitOffsetsAsync(CommitOf("classic", joined.MemberId, joined.GenerationId, topic), Ct)).ErrorCodes[0]);
        var consumers = new List<ConsumerHeartbeatResult>();
        foreach (var id in new[] { "a", "b" })
        {
            consumers.Add(await groups.ConsumerGroupHeartbeatAsync(JoinOf(id), Ct));
        }

        await nodes.TransferAsync();
        await nodes.FindLeaderAsync();

        var beat = new HeartbeatCall { GroupId = "classic", MemberId = joined.MemberId, GenerationId = joined.GenerationId };
        Assert.Equal(ErrorCode.None, (ErrorCode)(await groups.HeartbeatAsync(beat, Ct)).ErrorCode);
        Assert.Equal("plan", (await groups.SyncGroupAsync(SyncOf(joined), Ct)).Assignment.ToStringUtf8());
        Assert.Equal(0, (await groups.CommitOffsetsAsync(CommitOf("classic", joined.MemberId, joined.GenerationId, topic), Ct)).ErrorCodes[0]);
        var kept = await groups.FetchOffsetsAsync(new FetchOffsetsCall { GroupId = "classic", AllTopics = true }, Ct);
        Assert.Equal((42, 3, "note"), kept.Offsets.Select(o => (o.Offset, o.LeaderEpoch, o.Metadata)).Single());

        // The one that was told to give up a partition still has to; the other still waits for it.
        var first = await groups.ConsumerGroupHeartbeatAsync(BeatOf("a", consumers[0].MemberEpoch), Ct);
        Assert.Equal((0, consumers[0].MemberEpoch), (first.ErrorCode, first.MemberEpoch));
        var half = first.Assignment.Partitions.Single();
        Assert.Single(half.Partitions);
        first = await groups.ConsumerGroupHeartbeatAsync(BeatOf("a", first.MemberEpoch, half), Ct);
        var second = await groups.ConsumerGroupHeartbeatAsync(BeatOf("b", consumers[1].MemberEpoch), Ct);
        Assert.Equal((2, 2), (first.MemberEpoch, second.MemberEpoch));
        Assert.Equal([0, 1], second.Assignment.Partitions.Single().Partitions.Concat(half.Partitions).Order());

        await nodes.TransferAsync();
        await nodes.FindLeaderAsync();
        foreach (var id in new[] { "a", "b" })
        {
            var after = await groups.ConsumerGroupHeartbeatAsync(BeatOf(id, 2), Ct);
            Assert.Equal((0, 2, null), (after.ErrorCode, after.MemberEpoch, after.Assignment));
            var commit = CommitOf("consumers", id, 2, topic);
            Assert.Equal(0, (await groups.CommitOffsetsAsync(commit, Ct)).ErrorCodes[0]);
            commit.GenerationId = 1;
            Assert.Equal(ErrorCode.StaleMemberEpoch, (ErrorCode)(await groups.CommitOffsetsAsync(commit, Ct)).ErrorCodes[0]);
        }

        var listed = (await groups.ListGroupsAsync(new ListGroupsCall { Types_ = { "consumer" } }, Ct)).Groups.Single();
        Assert.Equal(("consumers", "Stable"), (listed.GroupId, listed.State));
        var described = (await groups.DescribeConsumerGroupsAsync(new DescribeGroupsCall { GroupIds = { "consumers", "classic" } }, Ct)).Groups;
        Assert.Equal(("Stable", 2, 2), (described[0].State, described[0].GroupEpoch, described[0].Members.Count));
        Assert.Equal(ErrorCode.GroupIdNotFound, (ErrorCode)described[1].ErrorCode);
        Assert.Equal(ErrorCode.StaleMemberEpoch, (ErrorCode)(await groups.FetchOffsetsAsync(
            new FetchOffsetsCall { GroupId = "consumers", MemberId = "a", MemberEpoch = 1, AllTopics = true }, Ct)).ErrorCode);
    }

    private static async Task<ByteString> CreateTopicAsync(NodeGroup nodes)
    {
        var admin = new RemoteAdminService(nodes.Channels);
        var topic = ByteString.Empty;
        await Eventually.TrueAsync(
            () =>
            {
                var created = admin.CreateTopicsAsync(
                    new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 2, ReplicationFactor = -1 } } }, Ct)
                    .GetAwaiter().GetResult().Topics[0];
                topic = created.TopicId;
                return created.ErrorCode == 0;
            },
            "a topic",
            Ct);
        return topic;
    }

    private static JoinGroupCall JoinOf() => new()
    {
        GroupId = "classic",
        SessionTimeoutMs = 30_000,
        RebalanceTimeoutMs = 30_000,
        ProtocolType = "consumer",
        ClientId = "c",
        Protocols = { new GroupProtocol { Name = "range", Metadata = ByteString.CopyFromUtf8("m") } },
    };

    private static SyncGroupCall SyncOf(JoinGroupResult joined, params MemberAssignment[] plan) => new()
    {
        GroupId = "classic", MemberId = joined.MemberId, GenerationId = joined.GenerationId, Assignments = { plan },
    };

    private static ConsumerHeartbeatCall JoinOf(string id) => new()
    {
        GroupId = "consumers", MemberId = id, RebalanceTimeoutMs = 60_000, HasOwned = true, HasTopicNames = true, TopicNames = { "t" },
    };

    private static ConsumerHeartbeatCall BeatOf(string id, int epoch, params TopicPartitions[] owned) => new()
    {
        GroupId = "consumers", MemberId = id, MemberEpoch = epoch, RebalanceTimeoutMs = -1, HasOwned = owned.Length > 0, Owned = { owned },
    };

    private static CommitOffsetsCall CommitOf(string group, string member, int epoch, ByteString topic) => new()
    {
        GroupId = group,
        MemberId = member,
        GenerationId = epoch,
        KnowsMemberEpochs = true,
        Offsets = { new OffsetToCommit { TopicId = topic, Partition = 1, Offset = 42, LeaderEpoch = 3, Metadata = "note" } },
    };
}
