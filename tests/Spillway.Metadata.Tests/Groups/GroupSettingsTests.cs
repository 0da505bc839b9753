using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Tests.Contract;
using Spillway.Metadata.Tests.Members;
using Spillway.Rpc.Metadata;
using Spillway.Testing;
using Spillway.Testing.Wal;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>What an operator may set for all groups, and what is said of them to one.</summary>
public sealed class GroupSettingsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_the_consumer_protocol_its_requests_are_of_no_version()
    {
        using var folder = new TemporaryFolder();
        await using var host = await MetadataHost.StartAsync(
            folder.Path, overRpc: false, ("Spillway:Broker:group.coordinator.rebalance.protocols", "classic"));

        var beat = await host.Groups.ConsumerGroupHeartbeatAsync(new ConsumerHeartbeatCall { GroupId = "g" }, Ct);
        var described = await host.Groups.DescribeConsumerGroupsAsync(new DescribeGroupsCall { GroupIds = { "g", "h" } }, Ct);
        var joined = await host.Groups.JoinGroupAsync(JoinOf(), Ct);

        Assert.Equal(ErrorCode.UnsupportedVersion, (ErrorCode)beat.ErrorCode);
        Assert.Equal(
            [("g", ErrorCode.UnsupportedVersion), ("h", ErrorCode.UnsupportedVersion)],
            described.Groups.Select(g => (g.GroupId, (ErrorCode)g.ErrorCode)));
        Assert.Equal(ErrorCode.MemberIdRequired, (ErrorCode)joined.ErrorCode);
    }

    [Fact]
    public async Task A_commit_that_the_log_does_not_take_in_time_is_for_another_coordinator()
    {
        await using var nodes = await NodeGroup.StartAsync(3, ("Spillway:Broker:offsets.commit.timeout.ms", "20"));
        var leader = await nodes.FindLeaderAsync();
        var created = await nodes[leader].Admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 1, ReplicationFactor = -1 } } }, Ct);
        var others = Enumerable.Range(1, 3).Where(node => node != leader).ToArray();
        await nodes.StopNodeAsync(others[0]);
        var commit = new CommitOffsetsCall
        {
            GroupId = "g", GenerationId = -1, Offsets = { new OffsetToCommit { TopicId = created.Topics[0].TopicId } },
        };

        while (await CommitAsync() != ErrorCode.None)
        {
            // A machine that stands still for 20 ms is nobody's fault.
        }

        // The last one that would acknowledge goes while commits come. The leader finds out later than each of them wants to wait.
        var stopping = nodes.StopNodeAsync(others[1]);
        ErrorCode error;
        do
        {
            error = await CommitAsync();
        }
        while (error == ErrorCode.None);
        await stopping;

        Assert.Equal(ErrorCode.CoordinatorNotAvailable, error);

        async Task<ErrorCode> CommitAsync() =>
            (ErrorCode)(await nodes[leader].Groups.CommitOffsetsAsync(commit, Ct)).ErrorCodes.Single();
    }

    [Fact]
    public async Task Reasons_of_joins_and_leaves_are_in_the_log()
    {
        using var folder = new TemporaryFolder();
        using var logs = new CapturedLines();
        await using var host = await MetadataHost.StartAsync(folder.Path, logs);

        var join = JoinOf();
        (join.RequiresKnownMemberId, join.Reason) = (false, "rebalance failed: it rained");
        var joined = await host.Groups.JoinGroupAsync(join, Ct);
        await host.Groups.LeaveGroupAsync(
            new LeaveGroupCall
            {
                GroupId = "g",
                Members =
                {
                    new LeavingMember { MemberId = joined.MemberId, Reason = "the consumer is being closed" },
                    new LeavingMember { MemberId = "ghost", Reason = "nobody asked" },
                },
            },
            Ct);

        Assert.Contains("Group g is joined by a new member of client c: rebalance failed: it rained", logs.Lines);
        Assert.Contains($"Group g is left by {joined.MemberId}: the consumer is being closed", logs.Lines);
        Assert.DoesNotContain(logs.Lines, line => line.Contains("nobody asked", StringComparison.Ordinal));
    }

    private static JoinGroupCall JoinOf() => new()
    {
        GroupId = "g",
        SessionTimeoutMs = 10_000,
        RebalanceTimeoutMs = 10_000,
        ProtocolType = "consumer",
        ClientId = "c",
        RequiresKnownMemberId = true,
        Protocols = { new GroupProtocol { Name = "range", Metadata = ByteString.Empty } },
    };
}
