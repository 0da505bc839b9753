using Spillway.Kafka.Configs;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Configs;

public sealed class TopicConfigsTests
{
    [Fact]
    public void Every_topic_config_of_a_Kafka_4_broker_is_there()
    {
        string[] names =
        [
            "cleanup.policy", "compression.gzip.level", "compression.lz4.level", "compression.type", "compression.zstd.level",
            "delete.retention.ms", "file.delete.delay.ms", "flush.messages", "flush.ms",
            "follower.replication.throttled.replicas", "index.interval.bytes", "internal.segment.bytes", "leader.replication.throttled.replicas",
            "local.retention.bytes", "local.retention.ms", "max.compaction.lag.ms", "max.message.bytes",
            "message.timestamp.after.max.ms", "message.timestamp.before.max.ms",
            "message.timestamp.type", "min.cleanable.dirty.ratio", "min.compaction.lag.ms", "min.insync.replicas",
            "preallocate", "remote.log.copy.disable", "remote.log.delete.on.disable", "remote.storage.enable",
            "retention.bytes", "retention.ms", "segment.bytes", "segment.index.bytes", "segment.jitter.ms", "segment.ms",
            "unclean.leader.election.enable",
        ];

        Assert.Equal(names, TopicConfigs.All.Select(config => config.Name));
    }

    [Fact]
    public void Every_default_is_a_value_that_its_config_takes_and_every_config_is_explained()
    {
        foreach (var config in TopicConfigs.All.Concat(BrokerConfigs.All).Concat(GroupConfigs.All).Concat(ClientMetricsConfigs.All))
        {
            Assert.True(config.TryValidate(config.Default, out var error), error);
            Assert.EndsWith(".", config.Documentation, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_synonym_names_a_broker_config()
    {
        foreach (var synonym in TopicConfigs.All.SelectMany(config => config.BrokerSynonyms))
        {
            Assert.NotNull(BrokerConfigs.Find(synonym.Name));
        }
    }

    [Theory]
    [InlineData("retention.ms", "-1")]
    [InlineData("retention.ms", " 1000 ")]
    [InlineData("cleanup.policy", "compact,delete")]
    [InlineData("cleanup.policy", "compact, delete")]
    [InlineData("cleanup.policy", "")]
    [InlineData("preallocate", "TRUE")]
    [InlineData("min.cleanable.dirty.ratio", "0.01")]
    [InlineData("message.timestamp.type", "LogAppendTime")]
    [InlineData("compression.gzip.level", "-1")]
    public void Values_that_Kafka_takes_are_taken(string name, string value)
    {
        Assert.True(TopicConfigs.TryValidate(name, value, out var error), error);
        Assert.Null(error);
    }

    [Theory]
    [InlineData("retention.ms", "-2", "at least -1")]
    [InlineData("retention.ms", "1d", "of type long")]
    [InlineData("retention.ms", "9223372036854775808", "of type long")]
    [InlineData("max.message.bytes", "2147483648", "of type int")]
    [InlineData("max.message.bytes", "-1", "at least 0")]
    [InlineData("cleanup.policy", "remove", "compact, delete")]
    [InlineData("cleanup.policy", "delete,delete", "compact, delete")]
    [InlineData("preallocate", "yes", "of type boolean")]
    [InlineData("min.cleanable.dirty.ratio", "1.5", "between 0 and 1")]
    [InlineData("min.cleanable.dirty.ratio", "NaN", "of type double")]
    [InlineData("message.timestamp.type", "createtime", "CreateTime, LogAppendTime")]
    [InlineData("compression.type", "brotli", "producer")]
    [InlineData("compression.gzip.level", "0", "-1, 1")]
    [InlineData("segment.bytes", "1000", "at least 1048576")]
    [InlineData("retention.ms", null, "needs a value")]
    public void Values_that_Kafka_refuses_are_refused_and_the_error_says_why(string name, string? value, string why)
    {
        Assert.False(TopicConfigs.TryValidate(name, value, out var error));

        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_config_is_refused_by_name_and_with_an_example()
    {
        Assert.False(TopicConfigs.TryValidate("retention.mss", "1", out var error));

        Assert.Contains("retention.mss", error, StringComparison.Ordinal);
        Assert.Contains("retention.ms=86400000", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Lags_that_contradict_each_other_are_refused()
    {
        var overrides = new Dictionary<string, string> { ["min.compaction.lag.ms"] = "10", ["max.compaction.lag.ms"] = "9" };

        Assert.False(TopicConfigs.TryValidate(overrides, BrokerConfig.Defaults, out var error));
        Assert.Contains("min.compaction.lag.ms (10)", error, StringComparison.Ordinal);

        overrides["max.compaction.lag.ms"] = "10";
        Assert.True(TopicConfigs.TryValidate(overrides, BrokerConfig.Defaults, out _));
        overrides["nonsense"] = "1";
        Assert.False(TopicConfigs.TryValidate(overrides, BrokerConfig.Defaults, out _));
    }

    [Fact]
    public void A_topic_without_overrides_has_Kafkas_defaults()
    {
        var topic = new TopicConfig(new Dictionary<string, string>(), BrokerConfig.Defaults);

        Assert.True(topic.IsDeleted);
        Assert.False(topic.IsCompacted);
        Assert.Equal(604_800_000, topic.RetentionMs);
        Assert.Equal(-1, topic.RetentionBytes);
        Assert.Equal(1_048_588, topic.MaxMessageBytes);
        Assert.Equal(TimestampType.CreateTime, topic.MessageTimestampType);
        Assert.Equal(long.MaxValue, topic.MessageTimestampBeforeMaxMs);
        Assert.Equal(3_600_000, topic.MessageTimestampAfterMaxMs);
        Assert.Equal(86_400_000, topic.DeleteRetentionMs);
        Assert.Equal(1 << 30, topic.SegmentBytes);
        Assert.Equal("producer", topic.CompressionType);
        Assert.Equal(new RecordBatchRules(), topic.ToRecordBatchRules());
    }

    [Fact]
    public void Overrides_win_over_the_brokers_settings_and_those_over_defaults()
    {
        var broker = Broker(("log.retention.hours", "2"), ("log.cleanup.policy", "compact"), ("message.max.bytes", "77"));
        var overrides = new Dictionary<string, string> { ["max.message.bytes"] = "99" };

        var topic = new TopicConfig(overrides, broker);

        Assert.Equal(7_200_000, topic.RetentionMs);
        Assert.True(topic.IsCompacted);
        Assert.Equal(99, topic.MaxMessageBytes);
        Assert.True(topic.ToRecordBatchRules().KeyRequired);
        Assert.Equal(
            [
                new ConfigSynonym("max.message.bytes", "99", ConfigSource.DynamicTopic),
                new ConfigSynonym("message.max.bytes", "77", ConfigSource.StaticBroker),
                new ConfigSynonym("message.max.bytes", "1048588", ConfigSource.Default),
            ],
            topic.Synonyms("max.message.bytes"));
    }

    [Theory]
    [InlineData("log.retention.ms", "5", 5)]
    [InlineData("log.retention.minutes", "5", 300_000)]
    [InlineData("log.retention.hours", "5", 18_000_000)]
    [InlineData("log.retention.hours", "-1", -1)]
    public void Retention_may_be_set_in_three_units(string name, string value, long expectedMs)
    {
        Assert.Equal(expectedMs, new TopicConfig(new Dictionary<string, string>(), Broker((name, value))).RetentionMs);
    }

    [Fact]
    public void The_finest_unit_of_retention_wins()
    {
        var broker = Broker(("log.retention.hours", "1"), ("log.retention.minutes", "1"), ("log.retention.ms", "1"));

        Assert.Equal(1, new TopicConfig(new Dictionary<string, string>(), broker).RetentionMs);
    }

    [Fact]
    public void Lists_are_appended_to_and_subtracted_from()
    {
        Assert.Equal("delete,compact", ConfigList.Append("delete", "compact, delete"));
        Assert.Equal("compact", ConfigList.Append("", "compact"));
        Assert.Equal("compact", ConfigList.Subtract("delete,compact", "delete"));
        Assert.Equal("", ConfigList.Subtract("delete", "delete"));
    }

    private static BrokerConfig Broker(params (string Name, string Value)[] settings)
    {
        Assert.True(BrokerConfig.TryCreate(
            settings.Select(s => KeyValuePair.Create(s.Name, s.Value)), out var broker, out var errors), string.Join("; ", errors));
        return broker;
    }
}
