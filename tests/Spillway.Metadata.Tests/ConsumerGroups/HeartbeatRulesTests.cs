using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Requests that are wrong in themselves (KIP-848, KIP-1082).</summary>
public sealed class HeartbeatRulesTests
{
    public static TheoryData<string, string, int, string?, bool, string> Wrong => new()
    {
        { "", "m", 1, null, false, "GroupId can't be empty." },
        { "g", "", 1, null, false, "MemberId can't be empty." },
        { "g", "", -1, null, false, "MemberId can't be empty." },
        { "g", "", 0, null, true, "MemberId can't be empty." },
        { "g", "m", -2, null, false, "InstanceId can't be null." },
        { "g", "m", -3, null, false, "MemberEpoch is invalid." },
        { "g", "m", 1, " ", false, "InstanceId can't be empty." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_heartbeat_that_is_wrong_in_itself_is_refused(
        string group, string member, int epoch, string? instance, bool requiresId, string message)
    {
        var call = Join(group, member);
        (call.MemberEpoch, call.RequiresMemberId) = (epoch, requiresId);
        if (instance is not null)
        {
            call.GroupInstanceId = instance;
        }

        Assert.Equal((ErrorCode.InvalidRequest, message), ConsumerHeartbeatRules.Check(call, ConsumerGroupLimits.Default));
    }

    [Fact]
    public void A_join_says_everything_and_owns_nothing()
    {
        Assert.Equal(ErrorCode.None, Error(_ => { }));
        Assert.Equal(ErrorCode.None, Error(c => c.MemberId = ""));
        Assert.Equal(ErrorCode.None, Error(c => (c.HasTopicNames, c.TopicRegex) = (false, "a.*")));
        Assert.Equal(ErrorCode.InvalidRequest, Error(c => c.HasTopicNames = false));
        Assert.Equal(ErrorCode.InvalidRequest, Error(c => c.RebalanceTimeoutMs = -1));
        Assert.Equal(ErrorCode.InvalidRequest, Error(c => c.HasOwned = false));
        Assert.Equal(ErrorCode.InvalidRequest, Error(c => c.Owned.Add(new TopicPartitions())));
        Assert.Equal(ErrorCode.InvalidRequest, Error(c => c.RackId = ""));
        Assert.Equal(ErrorCode.UnsupportedAssignor, Error(c => c.ServerAssignor = "sticky"));
    }

    private static ErrorCode Error(Action<ConsumerHeartbeatCall> change)
    {
        var call = Join("g", "m");
        change(call);
        return ConsumerHeartbeatRules.Check(call, ConsumerGroupLimits.Default).Error;
    }

    private static ConsumerHeartbeatCall Join(string group, string member) => new()
    {
        GroupId = group, MemberId = member, RebalanceTimeoutMs = 1, HasOwned = true, HasTopicNames = true, TopicNames = { "t" },
    };
}
