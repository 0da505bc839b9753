using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Topics;

/// <summary>Config operations as IncrementalAlterConfigs has them.</summary>
public sealed class ConfigTests
{
    private readonly StateContext _context = new();

    public ConfigTests() => _context.CreateTopic();

    [Fact]
    public void Values_are_set_and_taken_away()
    {
        Alter(ConfigOperation.Types.Kind.Set, "retention.ms", "5");
        Assert.Equal("5", Value("retention.ms"));

        Alter(ConfigOperation.Types.Kind.Delete, "retention.ms", null);
        Assert.Null(Value("retention.ms"));
    }

    [Fact]
    public void Lists_are_appended_to_and_subtracted_from_beginning_with_the_default()
    {
        Alter(ConfigOperation.Types.Kind.Append, "cleanup.policy", "compact");
        Assert.Equal("delete,compact", Value("cleanup.policy"));
        Alter(ConfigOperation.Types.Kind.Append, "cleanup.policy", "compact");
        Assert.Equal("delete,compact", Value("cleanup.policy"));

        Alter(ConfigOperation.Types.Kind.Subtract, "cleanup.policy", "delete");
        Assert.Equal("compact", Value("cleanup.policy"));
    }

    [Fact]
    public void A_change_that_replaces_takes_away_what_it_does_not_name()
    {
        Alter(ConfigOperation.Types.Kind.Set, "retention.ms", "5");
        Alter(ConfigOperation.Types.Kind.Set, "segment.ms", "6");

        Alter(ConfigResourceKind.Topic, "t", replace: true, Set("segment.ms", "7"));

        Assert.Null(Value("retention.ms"));
        Assert.Equal("7", Value("segment.ms"));
    }

    [Fact]
    public void Brokers_groups_and_subscriptions_have_configs_that_survive_a_snapshot()
    {
        Alter(ConfigResourceKind.Broker, "", replace: false, Set("log.retention.ms", "1"));
        Alter(ConfigResourceKind.Broker, "3", replace: false, Set("log.retention.ms", "2"));
        Alter(ConfigResourceKind.Group, "g", replace: false, Set("consumer.session.timeout.ms", "46000"));
        Alter(ConfigResourceKind.ClientMetrics, "m", replace: false, Set("metrics", "a"));
        Alter(ConfigResourceKind.ClientMetrics, "gone", replace: false, Set("metrics", "a"));
        Alter(ConfigResourceKind.ClientMetrics, "gone", replace: true);

        var snapshot = _context.Snapshot();
        _context.Restore(snapshot);

        Assert.Equal("1", _context.State.Configs.DynamicBrokerConfigs["log.retention.ms"]);
        Assert.Equal("2", _context.State.Configs.Of(ConfigResourceKind.Broker, "3")["log.retention.ms"]);
        Assert.Equal("46000", _context.State.Configs.OfGroup("g")["consumer.session.timeout.ms"]);
        Assert.Equal("a", _context.State.Configs.Of(ConfigResourceKind.ClientMetrics, "m")["metrics"]);
        Assert.Equal(
            [(ConfigResourceKind.Broker, "3"), (ConfigResourceKind.Group, "g"), (ConfigResourceKind.ClientMetrics, "m")],
            _context.State.Configs.Resources);
        Assert.Equal(snapshot, _context.Snapshot());
    }

    private static ConfigOperation Set(string key, string value) =>
        new() { Key = key, Kind = ConfigOperation.Types.Kind.Set, Value = value };

    private void Alter(ConfigResourceKind kind, string name, bool replace, params ConfigOperation[] operations)
    {
        var change = new ConfigChange { Kind = kind, Name = name, Replace = replace };
        change.Operations.AddRange(operations);
        var result = _context.Apply<AlterConfigsResult>(new() { AlterConfigs = new AlterConfigsCall { Changes = { change } } });
        Assert.Equal(0, result.Results[0].ErrorCode);
    }

    private string? Value(string key) => _context.State.Topics.Find("t")!.Configs.GetValueOrDefault(key);

    private void Alter(ConfigOperation.Types.Kind kind, string key, string? value)
    {
        var operation = new ConfigOperation { Key = key, Kind = kind };
        if (value is not null)
        {
            operation.Value = value;
        }

        _context.Apply<AlterConfigsResult>(new()
        {
            AlterConfigs = new AlterConfigsCall
            {
                Changes = { new ConfigChange { Kind = ConfigResourceKind.Topic, Name = "t", Operations = { operation } } },
            },
        });
    }
}
