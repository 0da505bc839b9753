using Spillway.History.Events;
using Spillway.Kafka;

namespace Spillway.Chaos.Clients;

/// <summary>What a fetch brought of one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Runs">Its records from the consumer's position on.</param>
/// <param name="NextOffset">Where to go on: behind the last batch, whether or not it had records.</param>
/// <param name="CorruptAt">The offset of a batch that cannot be read, or −1.</param>
/// <param name="Error">Kafka's name of the partition's error, or null.</param>
internal sealed record FetchedPartition(
    TopicPartition Partition, IReadOnlyList<RecordRun> Runs, long NextOffset, long CorruptAt = -1, string? Error = null);
