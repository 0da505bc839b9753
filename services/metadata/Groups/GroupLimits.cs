using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;

namespace Spillway.Metadata.Groups;

/// <summary>What the broker configs say about groups at one moment. Sizes in members, the rest in ms.</summary>
internal sealed record GroupLimits(int SessionTimeoutMinMs, int SessionTimeoutMaxMs, int InitialRebalanceDelayMs, int SizeMax)
{
    /// <summary>Kafka's own.</summary>
    public static GroupLimits Default { get; } = new(6_000, 1_800_000, 3_000, int.MaxValue);

    public static GroupLimits Read(BrokerSettings settings, MetadataState state)
    {
        var configs = settings.With(state.Configs.DynamicBrokerConfigs);
        return new GroupLimits(
            configs.Int("group.min.session.timeout.ms"),
            configs.Int("group.max.session.timeout.ms"),
            configs.Int("group.initial.rebalance.delay.ms"),
            configs.Int("group.max.size"));
    }
}
