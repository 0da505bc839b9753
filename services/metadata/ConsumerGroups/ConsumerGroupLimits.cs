using System.Globalization;
using Spillway.Kafka.Configs;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>What configs say about a group of the consumer protocol at one moment. Sizes in members, times in ms.</summary>
internal sealed record ConsumerGroupLimits(
    bool IsOn,
    int SessionTimeoutMs,
    int HeartbeatIntervalMs,
    int SizeMax,
    bool MayUpgrade,
    bool MayDowngrade,
    IReadOnlyList<IPartitionAssignor> Assignors)
{
    /// <summary>Kafka's own.</summary>
    public static ConsumerGroupLimits Default { get; } = Read(BrokerConfig.Defaults);

    public static ConsumerGroupLimits Read(BrokerConfig configs)
    {
        var policy = configs.Value("group.consumer.migration.policy")!.ToUpperInvariant();
        return new ConsumerGroupLimits(
            IsOn: configs.Value("group.coordinator.rebalance.protocols")!.Split(',', StringSplitOptions.TrimEntries).Contains("consumer"),
            Between(configs, "session.timeout.ms", configs.Value("group.consumer.session.timeout.ms")!),
            Between(configs, "heartbeat.interval.ms", configs.Value("group.consumer.heartbeat.interval.ms")!),
            configs.Int("group.consumer.max.size"),
            MayUpgrade: policy is "UPGRADE" or "BIDIRECTIONAL",
            MayDowngrade: policy is "DOWNGRADE" or "BIDIRECTIONAL",
            PartitionAssignors.Find(configs.Value("group.consumer.assignors")!.Split(',')));
    }

    /// <summary>With what a group has set of its own, within the brokers' bounds.</summary>
    public ConsumerGroupLimits With(IReadOnlyDictionary<string, string> group, BrokerConfig broker) => this with
    {
        SessionTimeoutMs = Between(broker, "session.timeout.ms", GroupConfigs.Value("consumer.session.timeout.ms", group, broker)),
        HeartbeatIntervalMs = Between(broker, "heartbeat.interval.ms", GroupConfigs.Value("consumer.heartbeat.interval.ms", group, broker)),
    };

    public IPartitionAssignor DefaultAssignor => Assignors[0];

    /// <summary>The one that most members want, else the default.</summary>
    public IPartitionAssignor Choose(IEnumerable<string?> wanted) => wanted
        .Select(name => name is null ? null : FindAssignor(name))
        .OfType<IPartitionAssignor>()
        .CountBy(assignor => assignor)
        .OrderByDescending(count => count.Value).ThenBy(count => count.Key.Name, StringComparer.Ordinal)
        .Select(count => count.Key)
        .FirstOrDefault(DefaultAssignor);

    public IPartitionAssignor? FindAssignor(string name) => Assignors.FirstOrDefault(a => a.Name == name);

    private static int Between(BrokerConfig broker, string name, string value) => Math.Max(
        broker.Int($"group.consumer.min.{name}"),
        (int)Math.Min(long.Parse(value, CultureInfo.InvariantCulture), broker.Int($"group.consumer.max.{name}")));
}
