using Spillway.Kafka.Configs;
using Xunit;

namespace Spillway.Kafka.Tests.Configs;

/// <summary>
/// Names, types, defaults and ranges against a list read off the config definitions of Kafka 4.2.1, so that none is from memory.
/// </summary>
public sealed class KafkaConfigTableTests
{
    [Theory]
    [InlineData("broker")]
    [InlineData("topic")]
    [InlineData("group")]
    [InlineData("client-metrics")]
    public void Every_config_is_as_Kafka_defines_it(string kind)
    {
        var expected = Lines(kind).ToList();

        Assert.NotEmpty(expected);
        Assert.Equal(expected, Definitions(kind).Select(config => Describe(kind, config)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Configs_of_secrets_are_sensitive()
    {
        Assert.True(BrokerConfigs.Find("ssl.keystore.password")!.IsSensitive);
        Assert.True(BrokerConfigs.Find("sasl.jaas.config")!.IsSensitive);
        Assert.False(BrokerConfigs.Find("ssl.keystore.location")!.IsSensitive);
    }

    private static IReadOnlyList<ConfigDefinition> Definitions(string kind) => kind switch
    {
        "broker" => BrokerConfigs.All,
        "topic" => TopicConfigs.All,
        "group" => GroupConfigs.All,
        _ => ClientMetricsConfigs.All,
    };

    private static IEnumerable<string> Lines(string kind) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Configs", "kafka-4.2-configs.txt"))
            .Where(line => line.StartsWith(kind + "|", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    // Only bounds are compared: lists of words have tests of their own. What Kafka checks later than by its definitions is in ours.
    private static string Describe(string kind, ConfigDefinition config)
    {
        var range = config.Rule.Text;
        range = range.StartsWith("at least ", StringComparison.Ordinal) || range.StartsWith("between ", StringComparison.Ordinal) ? range : "";
        var isLater = config.Name is "log.roll.ms" or "log.roll.jitter.ms";
        return string.Join('|', kind, config.Name, config.Type, config.Default ?? "-", isLater ? "" : range, config.IsHidden ? "hidden" : "");
    }
}
