using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Topics;

/// <summary>Configs of topics and the cluster-wide dynamic configs of brokers. A resource is changed whole or not at all.</summary>
internal sealed class ConfigChanges(TopicTable topics, AppliedChanges changes)
{
    /// <summary>What was set dynamically, for all brokers.</summary>
    public SortedDictionary<string, string> BrokerConfigs { get; } = new(StringComparer.Ordinal);

    public AlterConfigsResult Alter(AlterConfigsCall call)
    {
        var result = new AlterConfigsResult();
        foreach (var change in call.Changes)
        {
            result.Results.Add(Alter(change));
        }

        return result;
    }

    /// <summary>The configs that are set on the resource now; null when it is not there.</summary>
    public SortedDictionary<string, string>? Find(ConfigChange change) => change.Kind switch
    {
        ConfigResourceKind.Topic => topics.Find(change.Name)?.Configs,
        ConfigResourceKind.Broker => BrokerConfigs,
        _ => null,
    };

    /// <summary>The value of a key after an operation on it; null: not set. Append and subtract treat lists of comma-separated items.</summary>
    public static string? Apply(ConfigOperation operation, string? current) => operation.Kind switch
    {
        ConfigOperation.Types.Kind.Set => operation.HasValue ? operation.Value : null,
        ConfigOperation.Types.Kind.Append => string.Join(',', Items(current).Union(Items(operation.Value))),
        ConfigOperation.Types.Kind.Subtract => string.Join(',', Items(current).Except(Items(operation.Value))),
        _ => null,
    };

    private ConfigChangeResult Alter(ConfigChange change)
    {
        if (Find(change) is not { } configs)
        {
            return new ConfigChangeResult { ErrorCode = (int)ErrorCode.UnknownTopicOrPartition };
        }

        foreach (var operation in change.Operations)
        {
            if (Apply(operation, configs.GetValueOrDefault(operation.Key)) is { } value)
            {
                configs[operation.Key] = value;
            }
            else
            {
                configs.Remove(operation.Key);
            }
        }

        if (change.Kind == ConfigResourceKind.Broker)
        {
            changes.ConfigsChanged = true;
        }
        else
        {
            changes.ChangedTopics.Add(topics.Find(change.Name)!);
        }

        return new ConfigChangeResult();
    }

    private static string[] Items(string? list) =>
        (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
