using Spillway.Kafka.Configs;
using Spillway.Metadata.ConsumerGroups;

namespace Spillway.Metadata.Groups;

/// <summary>What the broker configs say about groups at one moment. Sizes in members, metadata in characters, the rest in ms.</summary>
internal sealed record GroupLimits(
    int SessionTimeoutMinMs,
    int SessionTimeoutMaxMs,
    int InitialRebalanceDelayMs,
    int SizeMax,
    int OffsetMetadataMax,
    int CommitTimeoutMs,
    ConsumerGroupLimits Consumer)
{
    /// <summary>Kafka's own.</summary>
    public static GroupLimits Default { get; } = Read(BrokerConfig.Defaults);

    public static GroupLimits Read(BrokerConfig configs) => new(
        configs.Int("group.min.session.timeout.ms"),
        configs.Int("group.max.session.timeout.ms"),
        configs.Int("group.initial.rebalance.delay.ms"),
        configs.Int("group.max.size"),
        configs.Int("offset.metadata.max.bytes"),
        configs.Int("offsets.commit.timeout.ms"),
        ConsumerGroupLimits.Read(configs));
}
