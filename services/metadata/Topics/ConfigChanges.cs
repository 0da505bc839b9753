using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Topics;

/// <summary>
/// What is set on topics, brokers, groups and client metrics subscriptions while the cluster runs. A resource is changed whole or not at all.
/// Values were found valid before the command was proposed.
/// </summary>
internal sealed class ConfigChanges(TopicTable topics, AppliedChanges changes)
{
    /// <summary>What is set where nothing is. Not to be changed.</summary>
    public static readonly SortedDictionary<string, string> Nothing = new(StringComparer.Ordinal);

    // Those of all brokers are apart. A resource that nothing is set on is not kept.
    private readonly SortedDictionary<(ConfigResourceKind Kind, string Name), SortedDictionary<string, string>> _resources =
        new(Comparer<(ConfigResourceKind Kind, string Name)>.Create(static (left, right) =>
            left.Kind != right.Kind ? left.Kind.CompareTo(right.Kind) : string.CompareOrdinal(left.Name, right.Name)));

    /// <summary>
    /// What was set dynamically, for all brokers. Another instance after each change, by which <see cref="BrokerSettings"/> knows that there
    /// was one; not to be changed itself.
    /// </summary>
    public SortedDictionary<string, string> DynamicBrokerConfigs { get; private set; } = Nothing;

    /// <summary>Single brokers, groups and client metrics subscriptions that something is set on, in order.</summary>
    public IEnumerable<(ConfigResourceKind Kind, string Name)> Resources => _resources.Keys;

    /// <summary>What is set on a group.</summary>
    public IReadOnlyDictionary<string, string> OfGroup(string groupId) => Of(ConfigResourceKind.Group, groupId);

    /// <summary>What is set on a resource that is no topic; empty where nothing is.</summary>
    public SortedDictionary<string, string> Of(ConfigResourceKind kind, string name) =>
        kind == ConfigResourceKind.Broker && name.Length == 0 ? DynamicBrokerConfigs
        : _resources.GetValueOrDefault((kind, name), Nothing);

    /// <summary>The configs that are set on the resource now, not to be changed; null when it is a topic that is not there.</summary>
    public SortedDictionary<string, string>? Find(ConfigChange change) =>
        change.Kind == ConfigResourceKind.Topic ? topics.Find(change.Name)?.Configs : Of(change.Kind, change.Name);

    public AlterConfigsResult Alter(AlterConfigsCall call)
    {
        var result = new AlterConfigsResult();
        foreach (var change in call.Changes)
        {
            result.Results.Add(Alter(change));
        }

        return result;
    }

    /// <summary>What a snapshot says of all brokers.</summary>
    public void RestoreOfAllBrokers(IDictionary<string, string> configs) =>
        DynamicBrokerConfigs = new SortedDictionary<string, string>(configs, StringComparer.Ordinal);

    /// <summary>A resource out of a snapshot.</summary>
    public void Restore(ConfigResource resource) =>
        _resources[(resource.Kind, resource.Name)] = new SortedDictionary<string, string>(resource.Configs, StringComparer.Ordinal);

    /// <summary>What is known of a key.</summary>
    public static ConfigDefinition? Find(ConfigResourceKind kind, string key) => kind switch
    {
        ConfigResourceKind.Topic => TopicConfigs.Find(key),
        ConfigResourceKind.Broker => BrokerConfigs.Find(key),
        ConfigResourceKind.Group => GroupConfigs.Find(key),
        ConfigResourceKind.ClientMetrics => ClientMetricsConfigs.Find(key),
        _ => null,
    };

    /// <summary>What is set after a change.</summary>
    public static SortedDictionary<string, string> After(ConfigChange change, SortedDictionary<string, string> current)
    {
        var after = new SortedDictionary<string, string>(change.Replace ? Nothing : current, StringComparer.Ordinal);
        foreach (var operation in change.Operations)
        {
            Apply(change.Kind, operation, after);
        }

        return after;
    }

    // Lists that are not set are appended to as they are by default, as in Kafka.
    private static void Apply(ConfigResourceKind kind, ConfigOperation operation, SortedDictionary<string, string> configs)
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
        if (Find(change) is not { } current)
        {
            return new ConfigChangeResult { ErrorCode = (int)ErrorCode.UnknownTopicOrPartition };
        }

        var after = After(change, current);
        if (change.Kind == ConfigResourceKind.Topic)
        {
            Replace(current, after);
            changes.ChangedTopics.Add(topics.Find(change.Name)!);
        }
        else if (change.Kind == ConfigResourceKind.Broker && change.Name.Length == 0)
        {
            DynamicBrokerConfigs = after;
            changes.ConfigsChanged = true;
        }
        else
        {
            Store((change.Kind, change.Name), after);
        }

        return new ConfigChangeResult();
    }

    private void Store((ConfigResourceKind Kind, string Name) resource, SortedDictionary<string, string> configs)
    {
        if (configs.Count == 0)
        {
            _resources.Remove(resource);
        }
        else
        {
            _resources[resource] = configs;
        }

        changes.ChangedConfigs.Add(resource);
    }

    private static void Replace(SortedDictionary<string, string> configs, SortedDictionary<string, string> after)
    {
        configs.Clear();
        foreach (var (key, value) in after)
        {
            configs.Add(key, value);
        }
    }
}
