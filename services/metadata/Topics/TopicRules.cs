using System.Globalization;
using System.Security.Cryptography;
using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Topics;

/// <summary>
/// What can be judged of a wanted topic before it is proposed: its name, its numbers, its configs. The leader judges by its
/// own settings and writes the outcome into the command, so that apply needs neither.
/// </summary>
internal sealed class TopicRules(BrokerSettings settings, ConfigRules configRules)
{
    /// <summary>A topic of more partitions than this is a slip of the pen; Kafka's own advice stays far below.</summary>
    private const int PartitionsMax = 10_000;

    /// <summary>The log of Kafka's controllers. There is none here, but tools take a topic of that name for it.</summary>
    private const string ClusterMetadataTopic = "__cluster_metadata";

    /// <summary>The topic with defaults put in, or what is wrong with it: of several mistakes the one that Kafka's controller finds first.</summary>
    public (CreateTopic? Topic, ErrorCode Error, string Message) Check(NewTopic wanted, MetadataState state)
    {
        if (FindNameFault(wanted.Name, state) is { } nameFault)
        {
            return (null, nameFault.Error, nameFault.Message);
        }

        if (configRules.FindFault(wanted.Configs.ToDictionary(), state) is { } configFault)
        {
            return (null, ErrorCode.InvalidConfig, configFault);
        }

        if (wanted.Fault is { } found)
        {
            return (null, (ErrorCode)found.ErrorCode, found.ErrorMessage);
        }

        var broker = settings.With(state.Configs.DynamicBrokerConfigs);
        var replication = wanted.ReplicationFactor == -1 ? broker.Int("default.replication.factor") : wanted.ReplicationFactor;
        if (replication < 1)
        {
            return (null, ErrorCode.InvalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.");
        }

        var partitions = wanted.Partitions == -1 ? broker.NumPartitions : wanted.Partitions;
        if (FindPartitionsFault(partitions) is { } fault)
        {
            return (null, ErrorCode.InvalidPartitions, fault);
        }

        var zones = CountZones(state);
        if (replication > zones)
        {
            return (null, ErrorCode.InvalidReplicationFactor, string.Create(
                CultureInfo.InvariantCulture,
                $"Unable to replicate the partition {replication} time(s): brokers are registered in {zones} zone(s) only."));
        }

        var topic = new CreateTopic
        {
            TopicId = TopicIds.Write(NewTopicId()),
            Name = wanted.Name,
            Partitions = partitions,
            ReplicationFactor = replication,
        };
        topic.Configs.Add(wanted.Configs);
        return (topic, ErrorCode.None, "");
    }

    private static (ErrorCode Error, string Message)? FindNameFault(string name, MetadataState state)
    {
        if (name == ClusterMetadataTopic)
        {
            return (ErrorCode.InvalidRequest, $"Creation of internal topic {ClusterMetadataTopic} is prohibited.");
        }

        if (!TopicName.TryValidate(name, out var fault))
        {
            return (ErrorCode.InvalidTopicException, fault);
        }

        // Judged again where the command is applied: here it is about which mistake is told.
        var check = state.TopicChanges.CheckCreate(name, Guid.Empty);
        return check.Error == ErrorCode.None ? null : check;
    }

    /// <summary>
    /// As many replicas as zones can be shown. Those whose frontends are away count, as Kafka's fenced brokers do: a topic can be created while
    /// a zone is down.
    /// </summary>
    private static int CountZones(MetadataState state) => Math.Max(1, state.Nodes.All
        .Where(static node => node.Kind == NodeKind.Frontend).Select(static node => node.Registration.Zone).Distinct().Count());

    public static string? FindPartitionsFault(int partitions) => partitions switch
    {
        < 1 => "Number of partitions was set to an invalid non-positive value.",
        > PartitionsMax => string.Create(CultureInfo.InvariantCulture, $"A topic has at most {PartitionsMax} partitions."),
        _ => null,
    };

    /// <summary>Random, and never one whose text form begins with '-': tools would take it for an option.</summary>
    private static Guid NewTopicId()
    {
        Span<byte> bytes = stackalloc byte[16];
        do
        {
            RandomNumberGenerator.Fill(bytes);
        }
        while (bytes[0] >> 2 == 62);

        return new Guid(bytes, bigEndian: true);
    }
}
