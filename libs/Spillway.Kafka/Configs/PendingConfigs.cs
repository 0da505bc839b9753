using System.Collections.Frozen;

namespace Spillway.Kafka.Configs;

/// <summary>
/// Configs that have a meaning here, but none yet: they are checked, stored and shown, and said not to act. Each leaves this list in the
/// change that makes it act.
/// </summary>
internal static class PendingConfigs
{
    // Log compaction and the KIP-848 protocol as a whole.
    private static readonly string[] Families = ["log.cleaner.", "group.consumer.", "max.connection"];

    private static readonly FrozenSet<string> Names = new[]
    {
        "delete.retention.ms", "min.compaction.lag.ms", "max.compaction.lag.ms", "min.cleanable.dirty.ratio",
        "compression.gzip.level", "compression.lz4.level", "compression.zstd.level", "max.request.partition.size.limit",
        "group.coordinator.rebalance.protocols", "offsets.commit.timeout.ms", "producer.id.expiration.check.interval.ms",
        "queued.max.requests", "queued.max.request.bytes",
        "connection.failed.authentication.delay.ms",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static bool Contains(string name) =>
        Names.Contains(name) || Array.Exists(Families, family => name.StartsWith(family, StringComparison.Ordinal));
}
