using Spillway.Kafka.Configs;
using Xunit;

namespace Spillway.Kafka.Tests.Configs;

/// <summary>Where values come from: the broker's own, those of all brokers, those of its start, defaults (KIP-226).</summary>
public sealed class ConfigLayersTests
{
    private static readonly Dictionary<string, string> None = [];

    [Fact]
    public void A_brokers_own_dynamic_value_goes_before_that_of_all_and_that_before_its_start()
    {
        var config = Started(("message.max.bytes", "10"), ("num.io.threads", "4"))
            .WithDynamic([new("message.max.bytes", "20")], [new("message.max.bytes", "30")]);

        Assert.Equal("30", config.Value("message.max.bytes"));
        Assert.Equal(ConfigSource.DynamicBroker, config.Source("message.max.bytes"));
        Assert.Equal(
            [
                new ConfigSynonym("message.max.bytes", "30", ConfigSource.DynamicBroker),
                new ConfigSynonym("message.max.bytes", "20", ConfigSource.DynamicDefaultBroker),
                new ConfigSynonym("message.max.bytes", "10", ConfigSource.StaticBroker),
                new ConfigSynonym("message.max.bytes", "1048588", ConfigSource.Default),
            ],
            config.Synonyms("message.max.bytes"));
        Assert.Equal(ConfigSource.StaticBroker, config.Source("num.io.threads"));
        Assert.Equal(["message.max.bytes"], config.DynamicDefaults.Keys);
    }

    [Fact]
    public void A_dynamic_value_that_this_version_does_not_take_is_left_out()
    {
        var config = BrokerConfig.Defaults.WithDynamic([new("num.partitions", "0"), new("of.the.future", "1")]);

        Assert.Equal("1", config.Value("num.partitions"));
        Assert.False(config.IsSet("of.the.future"));
    }

    [Fact]
    public void A_topic_shows_the_brokers_dynamic_value_under_its_own()
    {
        var broker = Started().WithDynamic([new("log.segment.bytes", "2097152")]);

        var topic = new TopicConfig(None, broker);

        Assert.Equal("2097152", topic.Value("segment.bytes"));
        Assert.Equal(ConfigSource.DynamicDefaultBroker, topic.Source("segment.bytes"));
    }

    [Fact]
    public void A_config_without_default_has_no_default_among_its_synonyms()
    {
        // Kafka lists those of its other units only behind one of its own name: retention.ms comes from log.retention.hours unseen.
        var topic = new TopicConfig(None, BrokerConfig.Defaults);

        Assert.Equal("604800000", topic.Value("retention.ms"));
        Assert.Empty(topic.Synonyms("retention.ms"));
        Assert.Equal(ConfigSource.Default, topic.Source("retention.ms"));
        Assert.Equal(
            [
                new ConfigSynonym("log.retention.ms", "5", ConfigSource.StaticBroker),
                new ConfigSynonym("log.retention.hours", "168", ConfigSource.Default),
            ],
            new TopicConfig(None, Started(("log.retention.ms", "5"))).Synonyms("retention.ms"));
    }

    [Theory]
    [InlineData("message.max.bytes", ConfigUpdateMode.ClusterWide)]
    [InlineData("log.retention.ms", ConfigUpdateMode.ClusterWide)]
    [InlineData("min.insync.replicas", ConfigUpdateMode.ClusterWide)]
    [InlineData("max.connections", ConfigUpdateMode.ClusterWide)]
    [InlineData("listeners", ConfigUpdateMode.PerBroker)]
    [InlineData("ssl.keystore.password", ConfigUpdateMode.PerBroker)]
    [InlineData("auto.create.topics.enable", ConfigUpdateMode.ReadOnly)]
    [InlineData("log.retention.hours", ConfigUpdateMode.ReadOnly)]
    [InlineData("num.partitions", ConfigUpdateMode.ReadOnly)]
    public void What_may_change_while_brokers_run_is_as_in_Kafka(string name, ConfigUpdateMode mode)
    {
        Assert.Equal(mode, BrokerUpdateModes.Of(name));
        Assert.NotNull(BrokerConfigs.Find(name));
    }

    [Fact]
    public void What_may_not_change_is_refused_with_Kafkas_reason()
    {
        Assert.Null(BrokerUpdateModes.FindFault("message.max.bytes", ofOneBroker: false));
        Assert.Null(BrokerUpdateModes.FindFault("listeners", ofOneBroker: true));
        Assert.Contains("broker id must be specified", BrokerUpdateModes.FindFault("listeners", ofOneBroker: false), StringComparison.Ordinal);
        Assert.Contains("per-listener", BrokerUpdateModes.FindFault("ssl.keystore.type", ofOneBroker: true), StringComparison.Ordinal);
        Assert.Contains("dynamically", BrokerUpdateModes.FindFault("num.partitions", ofOneBroker: true), StringComparison.Ordinal);
    }

    private static BrokerConfig Started(params (string Name, string Value)[] settings)
    {
        Assert.True(BrokerConfig.TryCreate(settings.Select(set => KeyValuePair.Create(set.Name, set.Value)), out var config, out _));
        return config;
    }
}
