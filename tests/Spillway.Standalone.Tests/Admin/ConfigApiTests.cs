using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Standalone.Tests.Admin;

/// <summary>DescribeConfigs (KIP-133, KIP-226, KIP-569), IncrementalAlterConfigs (KIP-339), AlterConfigs and ListConfigResources (KIP-1142).</summary>
public sealed class ConfigApiTests(AdminBroker broker) : IClassFixture<AdminBroker>
{
    private readonly ConfigApiContext _configs = new(broker);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_topic_is_described_with_every_config(int version)
    {
        var topic = await _configs.CreateTopicAsync();
        await _configs.AlterAsync(ConfigApiContext.Topic, topic, ("max.message.bytes", ConfigApiContext.Set, "99"));

        var result = await _configs.DescribeAsync(ConfigApiContext.Topic, topic, version);

        Assert.Equal(0, result.ErrorCode);
        Assert.Equal(TopicConfigs.All.Where(c => !c.IsHidden).Select(c => c.Name), result.Configs.Select(c => c.Name));
        var max = result.Configs.Single(c => c.Name == "max.message.bytes");
        Assert.Equal(("99", (sbyte)ConfigSource.DynamicTopic, false), (max.Value, max.ConfigSource, max.ReadOnly));
        Assert.Equal(
            [("max.message.bytes", "99", (sbyte)1), ("message.max.bytes", "1048588", (sbyte)5)],
            max.Synonyms.Select(s => (s.Name, s.Value, s.Source)));
        Assert.Equal(version >= 3 ? (sbyte)ConfigType.Int : (sbyte)0, max.ConfigType);
        Assert.Equal(version >= 3, max.Documentation is { Length: > 0 });
    }

    [Fact]
    public async Task Only_what_is_asked_is_described()
    {
        var topic = await _configs.CreateTopicAsync();

        var result = await _configs.DescribeAsync(
            ConfigApiContext.Topic, topic, synonyms: false, documentation: false, keys: ["retention.ms", "nonsense", "cleanup.policy"]);

        Assert.Equal(["cleanup.policy", "retention.ms"], result.Configs.Select(c => c.Name));
        Assert.All(result.Configs, c => Assert.Empty(c.Synonyms));
        Assert.All(result.Configs, c => Assert.Null(c.Documentation));
    }

    [Theory]
    [InlineData(ConfigApiContext.Topic, "nowhere", ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ConfigApiContext.Topic, "a/b", ErrorCode.InvalidTopicException)]
    [InlineData(ConfigApiContext.Topic, "", ErrorCode.InvalidTopicException)]
    [InlineData(ConfigApiContext.Broker, "12345", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Broker, "me", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.BrokerLogger, "", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.ClientMetrics, "", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Group, "", ErrorCode.InvalidRequest)]
    [InlineData(64, "x", ErrorCode.InvalidRequest)]
    public async Task What_is_not_there_is_not_described(sbyte type, string name, ErrorCode error)
    {
        var result = await _configs.DescribeAsync(type, name);

        Assert.Equal((error, type, name), ((ErrorCode)result.ErrorCode, result.ResourceType, result.ResourceName));
        Assert.Empty(result.Configs);
    }

    [Fact]
    public async Task A_broker_is_described_with_what_is_read_only_and_what_is_secret()
    {
        var result = await _configs.DescribeAsync(ConfigApiContext.Broker, _configs.NodeName);

        var byName = result.Configs.ToDictionary(c => c.Name);
        Assert.Equal(BrokerConfigs.All.Count(c => !c.IsHidden), result.Configs.Count);
        Assert.Equal(("3", (sbyte)ConfigSource.StaticBroker, true), Told(byName["num.partitions"]));
        Assert.Equal(("1048588", (sbyte)ConfigSource.Default, false), Told(byName["message.max.bytes"]));
        Assert.True(byName["ssl.keystore.password"].IsSensitive);
        Assert.Null(byName["ssl.keystore.password"].Value);
    }

    [Fact]
    public async Task A_brokers_own_dynamic_config_goes_before_that_of_all()
    {
        const string Key = "log.cleaner.backoff.ms";
        Assert.Equal(ErrorCode.None, (await _configs.AlterAsync(ConfigApiContext.Broker, "", (Key, ConfigApiContext.Set, "1"))).Error);
        Assert.Equal(
            ErrorCode.None, (await _configs.AlterAsync(ConfigApiContext.Broker, _configs.NodeName, (Key, ConfigApiContext.Set, "2"))).Error);

        var own = await _configs.DescribeOneAsync(ConfigApiContext.Broker, _configs.NodeName, Key);
        var all = await _configs.DescribeAsync(ConfigApiContext.Broker, "");
        await _configs.AlterAsync(ConfigApiContext.Broker, _configs.NodeName, (Key, ConfigApiContext.Delete, null));
        var after = await _configs.DescribeOneAsync(ConfigApiContext.Broker, _configs.NodeName, Key);
        await _configs.ReplaceAsync(ConfigApiContext.Broker, "");

        Assert.Equal(("2", (sbyte)ConfigSource.DynamicBroker, false), Told(own));
        Assert.Equal([(Key, (string?)"2", (sbyte)2), (Key, "1", (sbyte)3), (Key, "15000", (sbyte)5)], Synonyms(own));
        Assert.Contains(all.Configs, c => c.Name == Key && c.Value == "1" && c.ConfigSource == (sbyte)ConfigSource.DynamicDefaultBroker);
        Assert.Equal(("1", (sbyte)ConfigSource.DynamicDefaultBroker, false), Told(after));
        Assert.DoesNotContain((await _configs.DescribeAsync(ConfigApiContext.Broker, "")).Configs, c => c.Name == Key);
    }

    [Theory]
    [InlineData(ConfigApiContext.Broker, "", "num.partitions", "4", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Broker, "", "listeners", "PLAINTEXT://:1", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Broker, "", "max.connections", "-1", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Broker, "", "nonsense", "4", ErrorCode.InvalidConfig)]
    [InlineData(ConfigApiContext.Broker, "12345", "max.connections", "4", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Topic, "t-nowhere", "retention.ms", "4", ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ConfigApiContext.Topic, "", "retention.ms", "4", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Group, "", "consumer.session.timeout.ms", "46000", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.Group, "g1", "consumer.session.timeout.ms", "1", ErrorCode.InvalidConfig)]
    [InlineData(ConfigApiContext.Group, "g1", "nonsense", "1", ErrorCode.InvalidConfig)]
    [InlineData(ConfigApiContext.ClientMetrics, "", "interval.ms", "100", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.ClientMetrics, "m1", "interval.ms", "1", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.ClientMetrics, "m1", "nonsense", "1", ErrorCode.InvalidRequest)]
    [InlineData(ConfigApiContext.ClientMetrics, "m1", "match", "nonsense", ErrorCode.InvalidConfig)]
    [InlineData(1, "x", "a", "b", ErrorCode.InvalidRequest)]
    public async Task What_is_wrong_is_refused_with_Kafkas_error_and_a_reason(sbyte type, string name, string key, string value, ErrorCode error)
    {
        var (actual, message) = await _configs.AlterAsync(type, name, (key, ConfigApiContext.Set, value));

        Assert.Equal(error, actual);
        Assert.False(string.IsNullOrEmpty(message));
    }

    [Fact]
    public async Task A_topics_bad_changes_are_refused_and_nothing_of_them_is_done()
    {
        var topic = await _configs.CreateTopicAsync();

        var unknown = await _configs.AlterAsync(
            ConfigApiContext.Topic, topic, ("retention.ms", ConfigApiContext.Set, "5"), ("nonsense", ConfigApiContext.Set, "1"));
        var appended = await _configs.AlterAsync(ConfigApiContext.Topic, topic, ("retention.ms", ConfigApiContext.Append, "5"));
        var twice = await _configs.AlterAsync(
            ConfigApiContext.Topic, topic, ("retention.ms", ConfigApiContext.Set, "5"), ("retention.ms", ConfigApiContext.Set, "6"));
        var nothing = await _configs.AlterAsync(ConfigApiContext.Topic, topic, ("retention.ms", ConfigApiContext.Set, null));
        var operation = await _configs.AlterAsync(ConfigApiContext.Topic, topic, ("retention.ms", 4, "5"));

        Assert.Equal(ErrorCode.InvalidConfig, unknown.Error);
        Assert.Contains("nonsense", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.InvalidConfig, appended.Error);
        Assert.Contains("LIST", appended.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.InvalidRequest, twice.Error);
        Assert.Equal(ErrorCode.InvalidRequest, nothing.Error);
        Assert.Equal(ErrorCode.InvalidRequest, operation.Error);
        Assert.Equal("604800000", (await _configs.DescribeOneAsync(ConfigApiContext.Topic, topic, "retention.ms")).Value);
    }

    [Fact]
    public async Task A_resource_that_is_named_twice_is_refused_both_times_and_the_others_go_on()
    {
        var (one, other) = (await _configs.CreateTopicAsync(), await _configs.CreateTopicAsync());
        (string, sbyte, string?)[] set = [("retention.ms", ConfigApiContext.Set, "5")];

        var answers = await _configs.AlterAsync(ConfigApiContext.Incremental(
            (ConfigApiContext.Topic, one, set), (ConfigApiContext.Topic, other, set), (ConfigApiContext.Topic, one, set)));

        Assert.Equal([ErrorCode.InvalidRequest, ErrorCode.None, ErrorCode.InvalidRequest], answers.Select(a => a.Error));
    }

    [Fact]
    public async Task What_is_only_validated_is_not_done()
    {
        var topic = await _configs.CreateTopicAsync();
        var request = ConfigApiContext.Incremental((ConfigApiContext.Topic, topic, [("retention.ms", ConfigApiContext.Set, "5")]));
        request.ValidateOnly = true;

        Assert.Equal(ErrorCode.None, (await _configs.AlterAsync(request))[0].Error);
        Assert.Equal(ErrorCode.None, (await _configs.ReplaceAsync(ConfigApiContext.Topic, topic, true, ("retention.ms", "5"))).Error);
        Assert.Equal("604800000", (await _configs.DescribeOneAsync(ConfigApiContext.Topic, topic, "retention.ms")).Value);
    }

    [Fact]
    public async Task Lists_are_appended_to_and_subtracted_from()
    {
        var topic = await _configs.CreateTopicAsync();

        await _configs.AlterAsync(ConfigApiContext.Topic, topic, ("cleanup.policy", ConfigApiContext.Append, "compact"));
        var appended = await _configs.DescribeOneAsync(ConfigApiContext.Topic, topic, "cleanup.policy");
        await _configs.AlterAsync(ConfigApiContext.Topic, topic, ("cleanup.policy", ConfigApiContext.Subtract, "delete"));
        var subtracted = await _configs.DescribeOneAsync(ConfigApiContext.Topic, topic, "cleanup.policy");

        Assert.Equal(("delete,compact", "compact"), (appended.Value, subtracted.Value));
    }

    [Fact]
    public async Task The_older_way_replaces_everything()
    {
        var topic = await _configs.CreateTopicAsync();
        await _configs.AlterAsync(ConfigApiContext.Topic, topic, ("retention.ms", ConfigApiContext.Set, "5"));

        Assert.Equal(ErrorCode.None, (await _configs.ReplaceAsync(ConfigApiContext.Topic, topic, false, ("segment.ms", "6"))).Error);
        Assert.Equal(ErrorCode.InvalidConfig, (await _configs.ReplaceAsync(ConfigApiContext.Topic, topic, false, ("x", "6"))).Error);
        Assert.Equal(ErrorCode.InvalidRequest, (await _configs.ReplaceAsync(ConfigApiContext.Topic, topic, false, ("segment.ms", null))).Error);
        Assert.Equal(
            ErrorCode.InvalidRequest,
            (await _configs.ReplaceAsync(ConfigApiContext.BrokerLogger, _configs.NodeName, false, ("root", "INFO"))).Error);

        Assert.Equal("604800000", (await _configs.DescribeOneAsync(ConfigApiContext.Topic, topic, "retention.ms")).Value);
        Assert.Equal("6", (await _configs.DescribeOneAsync(ConfigApiContext.Topic, topic, "segment.ms")).Value);
    }

    [Fact]
    public async Task Groups_and_client_metrics_have_configs_and_are_listed_while_they_do()
    {
        var name = $"r-{Guid.NewGuid():N}";
        await _configs.AlterAsync(ConfigApiContext.Group, name, ("consumer.session.timeout.ms", ConfigApiContext.Set, "46000"));
        await _configs.AlterAsync(ConfigApiContext.ClientMetrics, name, ("metrics", ConfigApiContext.Set, "a,b"));

        var group = await _configs.DescribeAsync(ConfigApiContext.Group, name);
        var metrics = await _configs.DescribeAsync(ConfigApiContext.ClientMetrics, name);
        var listed = await ListAsync(1);
        await _configs.ReplaceAsync(ConfigApiContext.ClientMetrics, name);
        await _configs.AlterAsync(ConfigApiContext.Group, name, ("consumer.session.timeout.ms", ConfigApiContext.Delete, null));
        var after = await ListAsync(1);

        Assert.Equal(GroupConfigs.All.Select(c => c.Name), group.Configs.Select(c => c.Name));
        Assert.Equal(("46000", (sbyte)ConfigSource.Group, false), Told(group.Configs.Single(c => c.Name == "consumer.session.timeout.ms")));
        Assert.Equal(("a,b", (sbyte)ConfigSource.ClientMetrics, false), Told(metrics.Configs.Single(c => c.Name == "metrics")));
        Assert.Equal(("300000", (sbyte)ConfigSource.Default, false), Told(metrics.Configs.Single(c => c.Name == "interval.ms")));
        Assert.Contains((ConfigApiContext.Group, name), listed);
        Assert.Contains((ConfigApiContext.ClientMetrics, name), listed);
        Assert.DoesNotContain(after, r => r.Name == name);
    }

    [Fact]
    public async Task Resources_are_listed_by_type()
    {
        var topic = await _configs.CreateTopicAsync();

        Assert.Contains((ConfigApiContext.Topic, topic), await ListAsync(1, ConfigApiContext.Topic));
        Assert.Equal([(ConfigApiContext.Broker, _configs.NodeName)], await ListAsync(1, ConfigApiContext.Broker));
        Assert.Equal([(ConfigApiContext.BrokerLogger, _configs.NodeName)], await ListAsync(1, ConfigApiContext.BrokerLogger));
        Assert.DoesNotContain(await ListAsync(0), r => r.Type != ConfigApiContext.ClientMetrics);
        var refused = await broker.AskAsync<ListConfigResourcesResponse>(new ListConfigResourcesRequest { ResourceTypes = { 3 } }, 1);
        Assert.Equal(ErrorCode.UnsupportedVersion, (ErrorCode)refused.ErrorCode);
    }

    [Fact]
    public async Task Log_levels_are_shown_and_changed_while_the_broker_runs()
    {
        const string Logger = "Spillway.ProtocolFrontend.Cluster";

        var set = await _configs.AlterAsync(ConfigApiContext.BrokerLogger, _configs.NodeName, (Logger, ConfigApiContext.Set, "ERROR"));
        var changed = await _configs.DescribeOneAsync(ConfigApiContext.BrokerLogger, _configs.NodeName, Logger);
        var deleted = await _configs.AlterAsync(ConfigApiContext.BrokerLogger, _configs.NodeName, (Logger, ConfigApiContext.Delete, null));
        var after = await _configs.DescribeOneAsync(ConfigApiContext.BrokerLogger, _configs.NodeName, Logger);

        Assert.Equal((ErrorCode.None, ErrorCode.None), (set.Error, deleted.Error));
        Assert.Equal(("ERROR", (sbyte)ConfigSource.DynamicBrokerLogger, false), Told(changed));
        Assert.NotEqual("ERROR", after.Value);
    }

    [Theory]
    [InlineData("root", ConfigApiContext.Delete, null, ErrorCode.InvalidRequest)]
    [InlineData("root", ConfigApiContext.Append, "INFO", ErrorCode.InvalidRequest)]
    [InlineData("root", ConfigApiContext.Set, "LOUD", ErrorCode.InvalidConfig)]
    [InlineData("no.such.logger", ConfigApiContext.Set, "INFO", ErrorCode.InvalidConfig)]
    public async Task Log_levels_that_there_are_not_are_refused(string name, sbyte operation, string? value, ErrorCode error) =>
        Assert.Equal(error, (await _configs.AlterAsync(ConfigApiContext.BrokerLogger, _configs.NodeName, (name, operation, value))).Error);

    private static (string? Value, sbyte Source, bool ReadOnly) Told(DescribeConfigsResponse.DescribeConfigsResourceResult config) =>
        (config.Value, config.ConfigSource, config.ReadOnly);

    private static IEnumerable<(string Name, string? Value, sbyte Source)> Synonyms(DescribeConfigsResponse.DescribeConfigsResourceResult config) =>
        config.Synonyms.Select(static s => (s.Name, s.Value, s.Source));

    private async Task<List<(sbyte Type, string Name)>> ListAsync(int version, params sbyte[] types)
    {
        var answer = await broker.AskAsync<ListConfigResourcesResponse>(new ListConfigResourcesRequest { ResourceTypes = [.. types] }, version);
        Assert.Equal(0, answer.ErrorCode);
        return [.. answer.ConfigResources.Select(static r => (r.ResourceType, r.ResourceName))];
    }
}
