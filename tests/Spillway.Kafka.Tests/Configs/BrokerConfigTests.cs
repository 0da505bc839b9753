using Spillway.Kafka.Configs;
using Xunit;

namespace Spillway.Kafka.Tests.Configs;

public sealed class BrokerConfigTests
{
    [Fact]
    public void The_configs_people_set_are_there_with_Kafkas_defaults()
    {
        var broker = BrokerConfig.Defaults;

        Assert.Equal(1, broker.NumPartitions);
        Assert.True(broker.AutoCreateTopicsEnable);
        Assert.True(broker.DeleteTopicEnable);
        Assert.Equal(TimeSpan.FromSeconds(3), broker.Milliseconds("group.initial.rebalance.delay.ms"));
        Assert.Equal(6000, broker.Int("group.min.session.timeout.ms"));
        Assert.Equal(1_800_000, broker.Int("group.max.session.timeout.ms"));
        Assert.Equal(int.MaxValue, broker.Int("group.max.size"));
        Assert.Equal(10_080, broker.Int("offsets.retention.minutes"));
        Assert.Equal(4096, broker.Int("offset.metadata.max.bytes"));
        Assert.Equal(1_048_588, broker.Int("message.max.bytes"));
        Assert.Equal(100 << 20, broker.Int("socket.request.max.bytes"));
        Assert.Equal(55 << 20, broker.Int("fetch.max.bytes"));
        Assert.Equal(900_000, broker.Int("transaction.max.timeout.ms"));
        Assert.Equal(86_400_000, broker.Int("producer.id.expiration.ms"));
        Assert.Equal(3_600_000, broker.Long("log.message.timestamp.after.max.ms"));
        Assert.Equal(TimeSpan.MaxValue, broker.Milliseconds("log.message.timestamp.before.max.ms"));
        Assert.Equal(168, broker.Int("log.retention.hours"));
        Assert.Null(broker.Value("log.retention.ms"));
        Assert.Equal(ConfigSource.Default, broker.Source("num.partitions"));
    }

    [Fact]
    public void Settings_replace_defaults_and_the_last_one_counts()
    {
        Assert.True(BrokerConfig.TryCreate(
            [new("num.partitions", "2"), new("num.partitions", " 4 "), new("auto.create.topics.enable", "False")],
            out var broker,
            out var errors));

        Assert.Empty(errors);
        Assert.Equal(4, broker.NumPartitions);
        Assert.False(broker.AutoCreateTopicsEnable);
        Assert.Equal(ConfigSource.StaticBroker, broker.Source("num.partitions"));
    }

    [Fact]
    public void All_that_is_wrong_is_reported_at_once_with_the_key_and_an_example()
    {
        Assert.False(BrokerConfig.TryCreate(
            [new("num.partitions", "0"), new("num.partition", "4"), new("fetch.max.bytes", "lots")],
            out var broker,
            out var errors));

        Assert.Null(broker);
        Assert.Equal(3, errors.Count);
        Assert.Contains("num.partitions", errors[0], StringComparison.Ordinal);
        Assert.Contains("at least 1", errors[0], StringComparison.Ordinal);
        Assert.Contains("num.partition.", errors[1], StringComparison.Ordinal);
        Assert.Contains("num.partitions=4", errors[1], StringComparison.Ordinal);
        Assert.Contains("type int", errors[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("classic", true)]
    [InlineData("consumer, classic", true)]
    [InlineData("consumer,streams", false)]
    [InlineData("classic,classic", false)]
    [InlineData("classic,raft", false)]
    [InlineData("", false)]
    public void The_classic_protocol_of_groups_cannot_be_switched_off(string protocols, bool expected) =>
        Assert.Equal(expected, BrokerConfigs.TryValidate("group.coordinator.rebalance.protocols", protocols, out _));

    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("a=", "a", "")]
    [InlineData("a=b=c", "a", "b=c")]
    [InlineData(" a =b", "a", "b")]
    public void A_setting_is_taken_apart_at_its_first_equals_sign(string setting, string key, string value)
    {
        Assert.True(BrokerConfig.TryParseSetting(setting, out var parsed));
        Assert.Equal(KeyValuePair.Create(key, value), parsed);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("=b")]
    [InlineData("")]
    public void A_setting_without_key_is_none(string setting) =>
        Assert.False(BrokerConfig.TryParseSetting(setting, out _));
}
