using Spillway.Kafka.Records;
using Spillway.Metadata.Topics;

namespace Spillway.Metadata.Transactions;

/// <summary>
/// The timestamp type that a marker says. Kafka's brokers append control batches like any other, so they have the type that the topic has
/// when its transaction ends, and keep it whatever the topic has later (LogValidator).
/// </summary>
internal sealed class MarkerTimestamps(ConfigChanges configs)
{
    /// <summary>What the proposer of the command that is being applied was started with.</summary>
    public bool IsLogAppendTimeAtStart { get; set; }

    public TimestampType Of(Topic topic)
    {
        if (!topic.Configs.TryGetValue("message.timestamp.type", out var value)
            && !configs.DynamicBrokerConfigs.TryGetValue("log.message.timestamp.type", out value))
        {
            return IsLogAppendTimeAtStart ? TimestampType.LogAppendTime : TimestampType.CreateTime;
        }

        return value.AsSpan().Trim() is nameof(TimestampType.LogAppendTime)
            ? TimestampType.LogAppendTime
            : TimestampType.CreateTime;
    }
}
