using System.Runtime.InteropServices;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Cluster;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>Checks a produce request against an image: design.md §2 step 1. Pure but for the stamp of LogAppendTime.</summary>
internal static class ProducePlanner
{
    // KIP-516: from this version on a produce names topics by id.
    private const short TopicIdVersion = 13;

    // KIP-110: clients below may not know zstd.
    private const short ZstdVersion = 7;

    /// <summary>Whether the image knows every partition that the request names.</summary>
    public static bool KnowsAll(ClusterImage image, ProduceRequest request, short version)
    {
        foreach (var asked in request.TopicData)
        {
            var topic = Find(image, asked, version);
            foreach (var partition in asked.PartitionData)
            {
                if (topic is null || !topic.TryGetLog(partition.Index, out _))
                {
                    return false;
                }
            }
        }

        return true;
    }

    public static ProducePlan Plan(ClusterImage image, ProduceRequest request, short version, long nowMs)
    {
        var count = 0;
        foreach (var asked in request.TopicData)
        {
            count += asked.PartitionData.Count;
        }

        var plan = new ProducePlan(request, count);
        foreach (var asked in request.TopicData)
        {
            var topic = Find(image, asked, version);
            foreach (var partition in asked.PartitionData)
            {
                plan.Add(Check(topic, partition, version, nowMs));
            }
        }

        return plan;
    }

    private static ProduceTarget Check(TopicView? topic, ProduceRequest.PartitionProduceData partition, short version, long nowMs)
    {
        var target = new ProduceTarget { Partition = partition.Index, LogAppendTimeMs = -1 };
        if (topic is null || !topic.TryGetLog(partition.Index, out target.LogId))
        {
            target.Error = topic is null && version >= TopicIdVersion ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            return target;
        }

        if (partition.Records is not { } records || !records.IsSingleSegment)
        {
            target.Error = ErrorCode.InvalidRecord;
            return target;
        }

        // The frame is ours until the answer is written: stamping in place is what saves a copy.
        target.Batch = MemoryMarshal.AsMemory(records.First);
        var rules = topic.Rules with { ZstdAllowed = version >= ZstdVersion };
        var error = RecordBatchValidator.Validate(target.Batch.Span, rules, nowMs, out target.Header);
        if (error != RecordBatchError.None)
        {
            (target.Error, target.ErrorMessage) = (BatchErrors.ToErrorCode(error), BatchErrors.Describe(error, topic, target));
            return target;
        }

        Stamp(ref target, rules, nowMs);
        return target;
    }

    private static void Stamp(ref ProduceTarget target, in RecordBatchRules rules, long nowMs)
    {
        if (rules.TimestampType == TimestampType.LogAppendTime)
        {
            RecordBatchBytes.SetLogAppendTime(target.Batch.Span, nowMs);
            target.LogAppendTimeMs = nowMs;
        }
        else if (RecordBatchHeader.TryRead(target.Batch.Span, out var sent) && sent.MaxTimestamp != target.Header.MaxTimestamp)
        {
            RecordBatchBytes.SetMaxTimestamp(target.Batch.Span, target.Header.MaxTimestamp);
        }
    }

    private static TopicView? Find(ClusterImage image, ProduceRequest.TopicProduceData topic, short version) =>
        version >= TopicIdVersion ? image.FindTopic(topic.TopicId) : image.FindTopic(topic.Name);
}
