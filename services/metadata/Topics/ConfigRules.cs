using System.Globalization;
using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Topics;

/// <summary>What can be judged of a wanted config change before it is proposed, with Kafka's error for each kind of resource.</summary>
internal sealed class ConfigRules(BrokerSettings settings)
{
    /// <summary>Kafka's bound of a value that was appended to.</summary>
    private const int ValueLengthMax = short.MaxValue;

    public string? FindFault(IReadOnlyDictionary<string, string> topicConfigs, MetadataState state) =>
        TopicConfigs.TryValidate(topicConfigs, settings.With(state.Configs.DynamicBrokerConfigs), out var fault) ? null : fault;

    public (ErrorCode Error, string Message) Check(ConfigChange change, MetadataState state)
    {
        if (FindNameFault(change) is { } nameFault)
        {
            return nameFault;
        }

        foreach (var operation in change.Operations)
        {
            if (FindFault(change.Kind, operation) is { } fault)
            {
                return fault;
            }
        }

        // Kafka looks at the values first, and then whether there is what is to have them.
        var configs = state.Configs.Find(change);
        var after = ConfigChanges.After(change, configs ?? ConfigChanges.Nothing);
        if (after.Values.Any(static value => value.Length > ValueLengthMax))
        {
            return (ErrorCode.InvalidConfig, string.Create(CultureInfo.InvariantCulture,
                $"The configuration value cannot be added because it exceeds the maximum value size of {ValueLengthMax} bytes."));
        }

        return change.Kind switch
        {
            ConfigResourceKind.Topic when FindFault(after, state) is { } fault => (ErrorCode.InvalidConfig, fault),
            ConfigResourceKind.Topic when configs is null =>
                (ErrorCode.UnknownTopicOrPartition, $"The topic '{change.Name}' does not exist."),
            ConfigResourceKind.Topic => (ErrorCode.None, ""),
            ConfigResourceKind.Group => Answer(ErrorCode.InvalidConfig, FindGroupFault(after, state)),
            ConfigResourceKind.ClientMetrics => ClientMetricsConfigs.Check(after),

            // KAFKA-13609: a broker's answer to a value it does not take is INVALID_REQUEST, and clients rely on that.
            _ => Answer(ErrorCode.InvalidRequest, FindBrokerFault(change, after)),
        };
    }

    private static (ErrorCode Error, string Message) Answer(ErrorCode error, string? fault) =>
        fault is null ? (ErrorCode.None, "") : (error, fault);

    private static (ErrorCode Error, string Message)? FindNameFault(ConfigChange change) => change.Kind switch
    {
        ConfigResourceKind.Topic when change.Name.Length == 0 =>
            (ErrorCode.InvalidRequest, "Default topic resources are not allowed."),
        ConfigResourceKind.Topic when !TopicName.TryValidate(change.Name, out var fault) => (ErrorCode.InvalidTopicException, fault),
        ConfigResourceKind.Group when change.Name.Length == 0 =>
            (ErrorCode.InvalidRequest, "Default group resources are not allowed."),
        ConfigResourceKind.ClientMetrics when change.Name.Length == 0 =>
            (ErrorCode.InvalidRequest, "Subscription name can't be empty"),
        ConfigResourceKind.Broker when change.Name.Length > 0
            && !int.TryParse(change.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _) =>
            (ErrorCode.InvalidRequest, "Unable to parse broker name as a base 10 number."),
        ConfigResourceKind.Unspecified => (ErrorCode.InvalidRequest, "There are no configs of this kind of resource."),
        _ => null,
    };

    private static (ErrorCode Error, string Message)? FindFault(ConfigResourceKind kind, ConfigOperation operation)
    {
        var definition = ConfigChanges.Find(kind, operation.Key);
        if (operation.Kind == ConfigOperation.Types.Kind.Delete)
        {
            // A key that this version does not know may still be taken away.
            return null;
        }

        if (!operation.HasValue)
        {
            return (ErrorCode.InvalidRequest, $"Null value not supported for : {operation.Key}");
        }

        if (definition is null)
        {
            return kind == ConfigResourceKind.ClientMetrics
                ? (ErrorCode.InvalidRequest, $"Unknown client metrics configuration: {operation.Key}")
                : (ErrorCode.InvalidConfig, string.Create(
                    CultureInfo.InvariantCulture, $"Unknown {kind.ToString().ToUpperInvariant()} config name: {operation.Key}"));
        }

        return operation.Kind != ConfigOperation.Types.Kind.Set && definition.Type != ConfigType.List
            ? (ErrorCode.InvalidConfig, $"Can't {operation.Kind} to key {operation.Key} because its type is not LIST.")
            : null;
    }

    private string? FindGroupFault(SortedDictionary<string, string> after, MetadataState state) =>
        GroupConfigs.TryValidate(after, settings.With(state.Configs.DynamicBrokerConfigs), out var fault) ? null : fault;

    private static string? FindBrokerFault(ConfigChange change, SortedDictionary<string, string> after)
    {
        foreach (var operation in change.Operations)
        {
            if (BrokerUpdateModes.FindFault(operation.Key, change.Name.Length > 0) is { } mode
                && BrokerConfigs.Find(operation.Key) is not null && operation.Kind != ConfigOperation.Types.Kind.Delete)
            {
                return mode;
            }

            if (after.TryGetValue(operation.Key, out var value) && !BrokerConfigs.TryValidate(operation.Key, value, out var fault))
            {
                return fault;
            }
        }

        return null;
    }
}
