using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Topics;

/// <summary>What can be judged of a wanted config change before it is proposed.</summary>
internal sealed class ConfigRules(BrokerSettings settings)
{
    public string? FindFault(IReadOnlyDictionary<string, string> topicConfigs, MetadataState state) =>
        TopicConfigs.TryValidate(topicConfigs, settings.With(state.Configs.DynamicBrokerConfigs), out var fault) ? null : fault;

    public (ErrorCode Error, string Message) Check(ConfigChange change, MetadataState state)
    {
        if (change.Kind == ConfigResourceKind.Broker && change.Name.Length > 0)
        {
            return (ErrorCode.InvalidRequest, "Brokers are configured all alike: name none.");
        }

        if (state.Configs.Find(change) is not { } configs)
        {
            return change.Kind == ConfigResourceKind.Topic
                ? (ErrorCode.UnknownTopicOrPartition, "")
                : (ErrorCode.InvalidRequest, "Topics and brokers have configs.");
        }

        var after = new SortedDictionary<string, string>(configs, StringComparer.Ordinal);
        foreach (var operation in change.Operations)
        {
            if (FindFault(change.Kind, operation) is { } fault)
            {
                return (ErrorCode.InvalidConfig, fault);
            }

            ConfigChanges.Apply(change.Kind, operation, after);
        }

        var wrong = change.Kind == ConfigResourceKind.Topic ? FindFault(after, state) : FindBrokerFault(change, after);
        return wrong is null ? (ErrorCode.None, "") : (ErrorCode.InvalidConfig, wrong);
    }

    private static string? FindFault(ConfigResourceKind kind, ConfigOperation operation)
    {
        if (ConfigChanges.Find(kind, operation.Key) is not { } definition)
        {
            // A key that this version does not know may still be taken away.
            return operation.Kind == ConfigOperation.Types.Kind.Delete ? null : $"Unknown config name: {operation.Key}";
        }

        if (operation.Kind is ConfigOperation.Types.Kind.Append or ConfigOperation.Types.Kind.Subtract
            && definition.Type != ConfigType.List)
        {
            return $"Can't {operation.Kind} to key {operation.Key} because its type is not LIST.";
        }

        return operation.Kind != ConfigOperation.Types.Kind.Delete && !operation.HasValue
            ? $"{operation.Key} needs a value."
            : null;
    }

    private static string? FindBrokerFault(ConfigChange change, SortedDictionary<string, string> after)
    {
        foreach (var operation in change.Operations)
        {
            if (after.TryGetValue(operation.Key, out var value)
                && !BrokerConfigs.TryValidate(operation.Key, value, out var fault))
            {
                return fault;
            }
        }

        return null;
    }
}
