using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Xunit;

namespace Spillway.Kafka.Tests.Configs;

/// <summary>Configs of groups (KIP-848) and of client metrics (KIP-714), and the rules that span several configs.</summary>
public sealed class OtherConfigsTests
{
    [Theory]
    [InlineData("consumer.session.timeout.ms", "50000", null)]
    [InlineData("consumer.session.timeout.ms", "44999", "greater than or equal to group.consumer.min.session.timeout.ms")]
    [InlineData("consumer.session.timeout.ms", "60001", "less than or equal to group.consumer.max.session.timeout.ms")]
    [InlineData("consumer.heartbeat.interval.ms", "4999", "group.consumer.min.heartbeat.interval.ms")]
    [InlineData("consumer.heartbeat.interval.ms", "x", "of type int")]
    [InlineData("streams.num.standby.replicas", "3", "group.streams.max.standby.replicas")]
    [InlineData("share.auto.offset.reset", "by_duration:PT10M", null)]
    [InlineData("share.auto.offset.reset", "by_duration:ten", "earliest, latest")]
    [InlineData("share.isolation.level", "serializable", "read_committed")]
    [InlineData("retention.ms", "1", "Unknown group config name: retention.ms")]
    public void A_groups_configs_lie_within_the_brokers(string name, string value, string? fault)
    {
        var right = GroupConfigs.TryValidate(new Dictionary<string, string> { [name] = value }, BrokerConfig.Defaults, out var error);

        Assert.Equal(fault is null, right);
        Assert.Contains(fault ?? "", error ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_groups_session_is_longer_than_its_heartbeat()
    {
        Assert.True(BrokerConfig.TryCreate([new("group.consumer.min.session.timeout.ms", "1")], out var broker, out _));
        var configs = new Dictionary<string, string> { ["consumer.session.timeout.ms"] = "5000" };

        Assert.False(GroupConfigs.TryValidate(configs, broker, out var error));
        Assert.Contains("must be greater than consumer.heartbeat.interval.ms", error, StringComparison.Ordinal);
        Assert.Equal("5000", GroupConfigs.Value("consumer.session.timeout.ms", configs, broker));
        Assert.Equal("5000", GroupConfigs.Value("consumer.heartbeat.interval.ms", configs, broker));
    }

    [Theory]
    [InlineData("interval.ms", "100", ErrorCode.None)]
    [InlineData("interval.ms", "99", ErrorCode.InvalidRequest)]
    [InlineData("interval.ms", "3600001", ErrorCode.InvalidRequest)]
    [InlineData("interval.ms", "soon", ErrorCode.InvalidConfig)]
    [InlineData("interval", "100", ErrorCode.InvalidRequest)]
    [InlineData("metrics", "a,b", ErrorCode.None)]
    [InlineData("metrics", "a,a", ErrorCode.InvalidConfig)]
    [InlineData("match", "client_id=app-.*,client_software_name=apache-kafka-java", ErrorCode.None)]
    [InlineData("match", "client_id=(", ErrorCode.InvalidConfig)]
    [InlineData("match", "client_id", ErrorCode.InvalidConfig)]
    [InlineData("match", "user=me", ErrorCode.InvalidConfig)]
    public void A_client_metrics_subscription_is_checked_with_Kafkas_errors(string name, string value, ErrorCode error) =>
        Assert.Equal(error, ClientMetricsConfigs.Check(new Dictionary<string, string> { [name] = value }).Error);

    [Fact]
    public void A_match_is_of_the_whole_value()
    {
        Assert.True(ClientMetricsConfigs.TryParseMatch(" client_id = app|web ", out var name, out var expression));

        Assert.Equal("client_id", name);
        Assert.Matches(expression, "app");
        Assert.DoesNotMatch(expression, "app2");
        Assert.DoesNotMatch(expression, "web\n");
    }

    [Theory]
    [InlineData("leader.replication.throttled.replicas", "*", true)]
    [InlineData("leader.replication.throttled.replicas", "0:1,1:2", true)]
    [InlineData("leader.replication.throttled.replicas", "0-1", false)]
    [InlineData("cleanup.policy", "compact,,delete", false)]
    public void Lists_are_checked_item_by_item(string name, string value, bool right) =>
        Assert.Equal(right, TopicConfigs.TryValidate(name, value, out _));

    [Fact]
    public void A_tiered_topic_needs_a_tier()
    {
        var configs = new Dictionary<string, string> { ["remote.storage.enable"] = "true" };
        Assert.False(TopicConfigs.TryValidate(configs, BrokerConfig.Defaults, out var error));
        Assert.Contains("Tiered Storage functionality is disabled", error, StringComparison.Ordinal);

        Assert.True(BrokerConfig.TryCreate([new("remote.log.storage.system.enable", "true")], out var tiered, out _));
        Assert.True(TopicConfigs.TryValidate(configs, tiered, out _));
        configs["local.retention.ms"] = "604800001";
        Assert.False(TopicConfigs.TryValidate(configs, tiered, out error));
        Assert.Contains("local.retention.ms", error, StringComparison.Ordinal);
        configs.Remove("local.retention.ms");
        configs["cleanup.policy"] = "compact";
        Assert.False(TopicConfigs.TryValidate(configs, tiered, out _));
    }
}
