using System.Globalization;
using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>
/// What AlterConfigs and IncrementalAlterConfigs have in common: the checks a broker makes itself, metadata's for the rest, and answers in the
/// order of the questions. A resource is changed whole or not at all.
/// </summary>
internal sealed class ConfigAlterations(IAdminService admin, ClusterView cluster, Brokers brokers, BrokerLoggers loggers)
{
    private static readonly (ErrorCode Error, string? Message) Fine = (ErrorCode.None, null);

    /// <summary>As many answers as resources asked, in their order.</summary>
    public async ValueTask<(ErrorCode Error, string? Message)[]> AlterAsync(
        List<AskedChange> asked, bool validateOnly, CancellationToken cancellationToken)
    {
        var answers = new (ErrorCode Error, string? Message)[asked.Count];
        var call = new AlterConfigsCall { ValidateOnly = validateOnly };
        var waiting = new List<int>();
        var repeated = asked.GroupBy(static change => (change.Type, change.Name)).Where(static group => group.Count() > 1)
            .Select(static group => group.Key).ToHashSet();
        for (var i = 0; i < asked.Count; i++)
        {
            var change = asked[i];
            answers[i] = repeated.Contains((change.Type, change.Name))
                ? (ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : Check(change);
            if (answers[i].Error != ErrorCode.None)
            {
                continue;
            }

            if (change.Type == ConfigResourceTypes.BrokerLogger)
            {
                if (!validateOnly)
                {
                    loggers.Apply(change.Configs);
                }
            }
            else
            {
                call.Changes.Add(Convert(change));
                waiting.Add(i);
            }
        }

        if (waiting.Count > 0)
        {
            var reply = await admin.AlterConfigsAsync(call, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < waiting.Count; i++)
            {
                var result = reply.Results[i];
                answers[waiting[i]] = ((ErrorCode)result.ErrorCode, result.ErrorMessage.Length == 0 ? null : result.ErrorMessage);
            }

            if (!validateOnly)
            {
                await cluster.WhenAtLeastAsync(reply.ImageVersion, cancellationToken).ConfigureAwait(false);
            }
        }

        return answers;
    }

    private (ErrorCode Error, string? Message) Check(AskedChange change)
    {
        if (change.Configs.DistinctBy(static config => config.Name, StringComparer.Ordinal).Count() < change.Configs.Count)
        {
            return (ErrorCode.InvalidRequest, "Error due to duplicate config keys");
        }

        var nulls = change.Configs.Where(static config => config.Value is null && config.Operation != AskedConfig.Delete).ToList();
        if (nulls.Count > 0)
        {
            return (ErrorCode.InvalidRequest, $"Null value not supported for : {string.Join(", ", nulls.Select(static config => config.Name))}");
        }

        foreach (var config in change.Configs)
        {
            if (config.Operation is < AskedConfig.Set or > AskedConfig.Subtract)
            {
                return (ErrorCode.InvalidRequest, $"Unknown operations type {config.Operation}");
            }
        }

        return change.Type switch
        {
            ConfigResourceTypes.BrokerLogger when !change.Replace => CheckLoggers(change),
            ConfigResourceTypes.Broker when change.Name.Length > 0 => CheckNode(change.Name),
            _ when ConfigResourceTypes.KindOf(change.Type) == ConfigResourceKind.Unspecified =>
                (ErrorCode.InvalidRequest, $"Unknown resource type {change.Type}"),
            _ => Fine,
        };
    }

    private (ErrorCode Error, string? Message) CheckLoggers(AskedChange change)
    {
        var node = CheckNode(change.Name);
        return node.Error != ErrorCode.None
            ? node
            : change.Configs.Select(BrokerLoggers.Check).FirstOrDefault(static check => check.Error != ErrorCode.None, Fine);
    }

    private (ErrorCode Error, string? Message) CheckNode(string name) =>
        !int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nodeId)
            ? (ErrorCode.InvalidRequest, $"Node id must be an integer, but it is: {name}")
        : nodeId != brokers.OwnNodeId
            ? (ErrorCode.InvalidRequest, $"Unexpected broker id, expected {brokers.OwnNodeId}, but received {name}")
        : Fine;

    private static ConfigChange Convert(AskedChange asked)
    {
        var change = new ConfigChange { Kind = ConfigResourceTypes.KindOf(asked.Type), Name = asked.Name, Replace = asked.Replace };
        foreach (var config in asked.Configs)
        {
            var operation = new ConfigOperation { Key = config.Name, Kind = (ConfigOperation.Types.Kind)config.Operation };
            if (config.Value is not null)
            {
                operation.Value = config.Value;
            }

            change.Operations.Add(operation);
        }

        return change;
    }
}
