using System.Runtime.InteropServices;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Produce;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// Checks a produce request against an image (design.md §2 step 1): what is good goes to the call's batches, what is not gets
/// its error.
/// </summary>
internal static class ProducePlanner
{
    // KIP-516: from this version on a produce names topics by id.
    private const short TopicIdVersion = 13;

    // KIP-110: clients below may not know zstd.
    private const short ZstdVersion = 7;

    /// <summary>Whether the image knows every partition that the request names.</summary>
    public static bool KnowsAll(ClusterImage image, ProduceCall call)
    {
        var partitions = call.Request.Partitions;
        var topics = call.Request.Topics;
        for (var i = 0; i < topics.Length; i++)
        {
            var topic = Find(image, call, i);
            foreach (ref readonly var partition in partitions[..topics[i].PartitionCount])
            {
                if (topic is null || !topic.TryGetLog(partition.Index, out _))
                {
                    return false;
                }
            }

            partitions = partitions[topics[i].PartitionCount..];
        }

        return true;
    }

    public static void Plan(ClusterImage image, ProduceCall call, RecordChecks recordChecks, long nowMs)
    {
        var partitions = call.Request.Partitions;
        var topics = call.Request.Topics;
        var targets = call.Targets;
        var results = call.Results;
        var next = 0;
        for (var i = 0; i < topics.Length; i++)
        {
            var topic = Find(image, call, i);
            for (var left = topics[i].PartitionCount; left > 0; left--, next++)
            {
                Check(topic, partitions[next], call.Request.Version, recordChecks, nowMs, ref targets[next], ref results[next]);
            }
        }

        RepeatedPartitions.Drop(call);
        var isTransactional = false;
        foreach (ref readonly var target in targets)
        {
            if (target.IsAccepted)
            {
                call.Batches.Add(new BatchToAppend(target.LogId, target.Batch));
                isTransactional |= target.IsTransactional;
            }
        }

        if (isTransactional && call.Request.TransactionalId is null)
        {
            RefuseAll(call);
        }
    }

    /// <summary>Kafka says so of the whole request: nobody may write to the transaction of an id that is not named.</summary>
    private static void RefuseAll(ProduceCall call)
    {
        var targets = call.Targets;
        var results = call.Results;
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i].IsAccepted = false;
            ProduceErrors.Set(ref results[i], results[i].Index, ErrorCode.TransactionalIdAuthorizationFailed, null);
        }

        call.Batches.Clear();
    }

    private static void Check(
        TopicView? topic,
        in ProducePartition partition,
        short version,
        RecordChecks recordChecks,
        long nowMs,
        ref ProduceTarget target,
        ref ProducePartitionResult result)
    {
        result.Index = partition.Index;
        result.LogAppendTimeMs = -1;
        if (topic is null || !topic.TryGetLog(partition.Index, out target.LogId))
        {
            var error = topic is null && version >= TopicIdVersion ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            ProduceErrors.Set(ref result, partition.Index, error, null);
            return;
        }

        if (partition.Records is not { } records)
        {
            ProduceErrors.Set(ref result, partition.Index, ErrorCode.InvalidRecord, null);
            return;
        }

        // The frame is ours until the answer is written: stamping in place is what saves a copy.
        target.Batch = MemoryMarshal.AsMemory(records);
        var rules = topic.Rules with { ZstdAllowed = version >= ZstdVersion, RecordChecks = recordChecks };
        var refusal = RecordBatchValidator.Validate(target.Batch.Span, rules, nowMs, out var header);
        if (refusal != RecordBatchError.None)
        {
            ProduceErrors.Set(
                ref result,
                partition.Index,
                ProduceErrors.ToErrorCode(refusal),
                ProduceErrors.Describe(refusal, topic, partition.Index, records.Length));
            result.RecordErrors = RecordFaults.Find(target.Batch.Span, rules, nowMs, refusal);
            return;
        }

        target.LastOffsetDelta = header.LastOffsetDelta;
        target.IsTransactional = header.IsTransactional;
        Stamp(target.Batch.Span, header, rules, nowMs, ref result);
        refusal = Recompress(topic, header.CompressionType, ref target);
        target.IsAccepted = refusal == RecordBatchError.None;
        if (!target.IsAccepted)
        {
            ProduceErrors.Set(
                ref result,
                partition.Index,
                ProduceErrors.ToErrorCode(refusal),
                ProduceErrors.Describe(refusal, topic, partition.Index, records.Length));
        }
    }

    /// <summary>
    /// Nearly no topic asks for it. One that does pays with a copy that is not pooled: the writer and the tail cache hold on to it, each for
    /// as long as they want.
    /// </summary>
    private static RecordBatchError Recompress(TopicView topic, CompressionType sent, ref ProduceTarget target)
    {
        if (topic.Config.KeptCompression is not { } kept || kept == sent)
        {
            return RecordBatchError.None;
        }

        var error = RecordBatchRecompression.TryRecompress(
            target.Batch.Span, kept, topic.Config.CompressionLevel, topic.Rules.BatchBytesMax, out var recompressed);
        target.Batch = error == RecordBatchError.None ? recompressed : target.Batch;
        return error;
    }

    private static void Stamp(
        Span<byte> batch, in RecordBatchHeader header, in RecordBatchRules rules, long nowMs, ref ProducePartitionResult result)
    {
        if (rules.TimestampType == TimestampType.LogAppendTime)
        {
            RecordBatchBytes.SetLogAppendTime(batch, nowMs);
            result.LogAppendTimeMs = nowMs;
        }
        else if (RecordBatchHeader.TryRead(batch, out var sent) && sent.MaxTimestamp != header.MaxTimestamp)
        {
            RecordBatchBytes.SetMaxTimestamp(batch, header.MaxTimestamp);
        }
    }

    private static TopicView? Find(ClusterImage image, ProduceCall call, int topic) => call.Request.Version >= TopicIdVersion
        ? image.FindTopic(call.Request.Topics[topic].TopicId)
        : image.FindTopic(call.TopicNames[topic]);
}
