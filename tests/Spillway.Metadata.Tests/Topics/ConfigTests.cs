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
