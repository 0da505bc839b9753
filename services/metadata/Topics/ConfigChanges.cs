using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Topics;

/// <summary>Configs of topics and the cluster-wide dynamic configs of brokers. A resource is changed whole or not at all.</summary>
internal sealed class ConfigChanges(TopicTable topics, AppliedChanges changes)
{
    /// <summary>What was set dynamically, for all brokers.</summary>
    public SortedDictionary<string, string> DynamicBrokerConfigs { get; } = new(StringComparer.Ordinal);

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
        ConfigResourceKind.Broker => DynamicBrokerConfigs,
        _ => null,
    };

    /// <summary>What is known of a key.</summary>
    public static ConfigDefinition? Find(ConfigResourceKind kind, string key) =>
        kind == ConfigResourceKind.Topic ? TopicConfigs.Find(key) : BrokerConfigs.Find(key);

    /// <summary>Carries out one operation. Lists that are not set are appended to as they are by default, as in Kafka.</summary>
    public static void Apply(ConfigResourceKind kind, ConfigOperation operation, SortedDictionary<string, string> configs)
    {
        var current = configs.GetValueOrDefault(operation.Key) ?? Find(kind, operation.Key)?.Default ?? "";
        switch (operation.Kind)
        {
            case ConfigOperation.Types.Kind.Set:
                configs[operation.Key] = operation.Value;
                break;
            case ConfigOperation.Types.Kind.Append:
                configs[operation.Key] = ConfigList.Append(current, operation.Value);
                break;
            case ConfigOperation.Types.Kind.Subtract:
                configs[operation.Key] = ConfigList.Subtract(current, operation.Value);
                break;
            default:
                configs.Remove(operation.Key);
                break;
        }
    }

    private ConfigChangeResult Alter(ConfigChange change)
    {
        if (Find(change) is not { } configs)
        {
            return new ConfigChangeResult { ErrorCode = (int)ErrorCode.UnknownTopicOrPartition };
        }

        foreach (var operation in change.Operations)
        {
            Apply(change.Kind, operation, configs);
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
}
