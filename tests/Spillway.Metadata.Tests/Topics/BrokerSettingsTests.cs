using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Topics;

/// <summary>What brokers are set to, as loops ask for it at each step.</summary>
public sealed class BrokerSettingsTests
{
    private readonly StateContext _context = new();
    private readonly BrokerSettings _settings = new() { Broker = { ["num.partitions"] = "4" } };

    [Fact]
    public void They_are_parsed_once_a_change()
    {
        var first = Current();
        Assert.Equal(4, first.NumPartitions);

        // Another resource's change is none of theirs.
        Set(ConfigResourceKind.Group, "g", "consumer.session.timeout.ms", "46000");
        Assert.Same(first, Current());

        Set(ConfigResourceKind.Broker, "", "log.retention.ms", "77");
        var second = Current();
        Assert.NotSame(first, second);
        Assert.Equal((77, 4), (second.Long("log.retention.ms"), second.NumPartitions));
        Assert.Same(second, Current());

        Set(ConfigResourceKind.Broker, "", "log.retention.ms", "78");
        Assert.Equal(78, Current().Long("log.retention.ms"));
    }

    [Fact]
    public void A_snapshot_brings_its_own()
    {
        Set(ConfigResourceKind.Broker, "", "log.retention.ms", "77");
        var snapshot = _context.Snapshot();
        Set(ConfigResourceKind.Broker, "", "log.retention.ms", "78");
        Assert.Equal(78, Current().Long("log.retention.ms"));

        _context.Restore(snapshot);

        Assert.Equal(77, Current().Long("log.retention.ms"));
    }

    private Kafka.Configs.BrokerConfig Current() => _settings.With(_context.State.Configs.DynamicBrokerConfigs);

    private void Set(ConfigResourceKind kind, string name, string key, string value) => _context.State.Configs.Alter(new AlterConfigsCall
    {
        Changes =
        {
            new ConfigChange
            {
                Kind = kind, Name = name, Operations = { new ConfigOperation { Key = key, Kind = ConfigOperation.Types.Kind.Set, Value = value } },
            },
        },
    });
}
