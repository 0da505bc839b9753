using Spillway.Kafka.Configs;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;

namespace Spillway.Metadata.Topics;

/// <summary>Rounds over all logs, a few hundred a step, so that a step holds the state's lock for well below a millisecond.</summary>
internal static class ConfiguredLogs
{
    private const int LogsPerStep = 256;

    /// <summary>
    /// Visits those of the next few logs that have something in their index, with their topics' configs. The result is where to go on; 0: the round
    /// is over.
    /// </summary>
    public static long Visit(MetadataState state, BrokerConfig broker, long first, Action<PartitionLog, long, TopicConfig> visit)
    {
        var last = Math.Min(first + LogsPerStep, state.Topics.LastLogId);
        Topic? topic = null;
        TopicConfig? config = null;
        for (var id = first; id <= last; id++)
        {
            if (state.Topics.FindLog(id) is not { Index.Count: > 0 } log)
            {
                continue;
            }

            if (log.Topic != topic)
            {
                topic = log.Topic;
                config = new TopicConfig(topic.Configs, broker);
            }

            visit(log, id, config!);
        }

        return last < state.Topics.LastLogId ? last + 1 : 0;
    }
}
