using System.Globalization;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Topics;

/// <summary>
/// Topics created, grown, truncated and deleted. Names and config values were found valid before the command was proposed;
/// here is judged what depends on the state.
/// </summary>
internal sealed class TopicChanges(TopicTable topics, IndexTrimming trimming, AppliedChanges changes)
{
    /// <summary>What one command trims at once; the rest is the leader's housekeeping.</summary>
    private const int TrimAtOnce = 64;

    public CreateTopicsResult Create(CreateTopics command)
    {
        var result = new CreateTopicsResult();
        foreach (var wanted in command.Topics)
        {
            result.Topics.Add(Create(wanted));
        }

        return result;
    }

    /// <summary>What creating it would say, without doing it.</summary>
    public (ErrorCode Error, string Message) CheckCreate(string name, Guid id)
    {
        if (topics.Find(name) is { } existing && existing.Id != id)
        {
            return (ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.");
        }

        if (topics.IsDeleted(id))
        {
            // A late retry: the topic it asked for was created and has gone since.
            return (ErrorCode.TopicAlreadyExists, $"Topic '{name}' was created and deleted.");
        }

        return topics.FindColliding(name) is { } colliding && colliding.Name != name
            ? (ErrorCode.InvalidTopicException, $"Topic '{name}' collides with existing topic: {colliding.Name}")
            : (ErrorCode.None, "");
    }

    public DeleteTopicsResult Delete(DeleteTopicsCall call)
    {
        var result = new DeleteTopicsResult();
        foreach (var reference in call.Topics)
        {
            var byId = reference.TopicId.Length == 16;
            var topic = byId ? topics.Find(TopicIds.Read(reference.TopicId)) : topics.Find(reference.Name);
            if (topic is null)
            {
                result.Topics.Add(new TopicResult
                {
                    Name = reference.Name,
                    TopicId = reference.TopicId,
                    ErrorCode = (int)(byId ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition),
                });
                continue;
            }

            topics.Delete(topic);
            foreach (var log in topic.Partitions)
            {
                changes.Touch(log);
            }

            changes.ChangedTopics.Remove(topic);
            changes.RemovedTopics.Add(topic);
            result.Topics.Add(new TopicResult { Name = topic.Name, TopicId = TopicIds.Write(topic.Id) });
        }

        return result;
    }

    public CreatePartitionsResult CreatePartitions(CreatePartitionsCall call)
    {
        var result = new CreatePartitionsResult();
        foreach (var more in call.Topics)
        {
            var (error, message) = CheckPartitions(more);
            if (error == ErrorCode.None)
            {
                var topic = topics.Find(more.Name)!;
                while (topic.Partitions.Count < more.Partitions)
                {
                    topics.AddPartition(topic);
                }

                changes.ChangedTopics.Add(topic);
            }

            result.Topics.Add(new TopicResult { Name = more.Name, ErrorCode = (int)error, ErrorMessage = message });
        }

        return result;
    }

    public (ErrorCode Error, string Message) CheckPartitions(MorePartitions more)
    {
        if (topics.Find(more.Name) is not { } topic)
        {
            return (ErrorCode.UnknownTopicOrPartition, "This server does not host this topic-partition.");
        }

        var count = topic.Partitions.Count;
        return more.Partitions > count
            ? (ErrorCode.None, "")
            : (ErrorCode.InvalidPartitions, string.Create(
                CultureInfo.InvariantCulture,
                $"The topic {more.Name} currently has {count} partition(s); {more.Partitions} would not be an increase."));
    }

    public DeleteRecordsResult DeleteRecords(DeleteRecordsCall call)
    {
        var result = new DeleteRecordsResult();
        foreach (var truncation in call.Logs)
        {
            result.Logs.Add(DeleteRecords(truncation));
        }

        trimming.Trim(TrimAtOnce);
        return result;
    }

    private NewTopicResult Create(CreateTopic wanted)
    {
        var id = TopicIds.Read(wanted.TopicId);
        var (error, message) = CheckCreate(wanted.Name, id);
        if (error != ErrorCode.None)
        {
            return new NewTopicResult { Name = wanted.Name, ErrorCode = (int)error, ErrorMessage = message };
        }

        // The same id under the same name is a retry of a command whose outcome its proposer did not learn.
        var topic = topics.Find(id);
        if (topic is null)
        {
            topic = new Topic(id, wanted.Name, wanted.ReplicationFactor);
            foreach (var (key, value) in wanted.Configs)
            {
                topic.Configs[key] = value;
            }

            topics.Add(topic);
            for (var i = 0; i < wanted.Partitions; i++)
            {
                topics.AddPartition(topic);
            }

            changes.ChangedTopics.Add(topic);
        }

        return new NewTopicResult
        {
            Name = topic.Name,
            TopicId = wanted.TopicId,
            Partitions = topic.Partitions.Count,
            ReplicationFactor = topic.ReplicationFactor,
        };
    }

    private LogTruncationResult DeleteRecords(LogTruncation truncation)
    {
        if (topics.FindLog(truncation.LogId) is not { } log)
        {
            return new LogTruncationResult { ErrorCode = (int)ErrorCode.UnknownTopicOrPartition, LogStartOffset = -1 };
        }

        var before = truncation.BeforeOffset == -1 ? log.HighWatermark : truncation.BeforeOffset;
        if (before < 0 || before > log.HighWatermark)
        {
            return new LogTruncationResult { ErrorCode = (int)ErrorCode.OffsetOutOfRange, LogStartOffset = -1 };
        }

        if (before > log.LogStartOffset)
        {
            log.LogStartOffset = before;
            topics.QueueForTrim(log);
            changes.Touch(log);
        }

        return new LogTruncationResult { LogStartOffset = log.LogStartOffset };
    }
}
