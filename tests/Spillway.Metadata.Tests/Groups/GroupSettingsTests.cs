using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Tests.Contract;
using Spillway.Rpc.Metadata;
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
