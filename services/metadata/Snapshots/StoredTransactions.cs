using Spillway.Kafka;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Topics;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Snapshots;

/// <summary>The records of a snapshot that are about transactions, to and fro.</summary>
internal static class StoredTransactions
{
    public static StoredTransaction ToRecord(TransactionalProducer producer) => new()
    {
        TransactionalId = producer.Id,
        ProducerId = producer.ProducerId,
        ProducerEpoch = producer.Epoch,
        PreviousProducerId = producer.PreviousProducerId,
        PreviousEpoch = producer.PreviousEpoch,
        TimeoutMs = producer.TimeoutMs,
        State = (StoredTransaction.Types.State)producer.State,
        StartMs = producer.StartMs,
        UpdateMs = producer.UpdateMs,
        LogIds = { producer.Logs },
        GroupIds = { producer.Groups },
    };

    public static TransactionalProducer Read(StoredTransaction stored)
    {
        var producer = new TransactionalProducer(stored.TransactionalId)
        {
            ProducerId = stored.ProducerId,
            Epoch = (short)stored.ProducerEpoch,
            PreviousProducerId = stored.PreviousProducerId,
            PreviousEpoch = (short)stored.PreviousEpoch,
            TimeoutMs = stored.TimeoutMs,
            State = (TransactionState)stored.State,
            StartMs = stored.StartMs,
            UpdateMs = stored.UpdateMs,
        };
        producer.Logs.UnionWith(stored.LogIds);
        producer.Groups.UnionWith(stored.GroupIds);
        return producer;
    }

    public static StoredAborted ToRecord(LogId logId, IEnumerable<AbortedRange> ranges)
    {
        var record = new StoredAborted { LogId = logId.Value };
        foreach (var range in ranges)
        {
            record.ProducerId.Add(range.ProducerId);
            record.FirstOffset.Add(range.FirstOffset);
            record.LastOffset.Add(range.LastOffset);
            record.LastStableOffset.Add(range.LastStableOffset);
        }

        return record;
    }

    public static void Take(StoredAborted stored, PartitionLog log)
    {
        for (var i = 0; i < stored.ProducerId.Count; i++)
        {
            log.Aborted.Add(new AbortedRange(
                stored.ProducerId[i], stored.FirstOffset[i], stored.LastOffset[i], stored.LastStableOffset[i]));
        }
    }

    public static StoredPendingOffsets ToRecord(
        string groupId, long producerId, IEnumerable<KeyValuePair<(Guid TopicId, int Partition), PendingOffset>> rows)
    {
        var record = new StoredPendingOffsets { GroupId = groupId, ProducerId = producerId };
        foreach (var ((topicId, partition), (offset, order)) in rows)
        {
            record.TopicId.Add(TopicIds.Write(topicId));
            record.Partition.Add(partition);
            record.Offset.Add(offset.Offset);
            record.LeaderEpoch.Add(offset.LeaderEpoch);
            record.Metadata.Add(offset.Metadata);
            record.CommitMs.Add(offset.CommitMs);
            record.Order.Add(order);
        }

        return record;
    }

    public static void Take(StoredPendingOffsets stored, DurableGroup group)
    {
        var pending = group.Pending ??= new PendingOffsets();
        for (var i = 0; i < stored.TopicId.Count; i++)
        {
            var offset = new CommittedOffset(
                stored.Offset[i], stored.LeaderEpoch[i], stored.Metadata[i], stored.CommitMs[i], ExpireMs: 0);
            pending.Put(
                stored.ProducerId, TopicIds.Read(stored.TopicId[i]), stored.Partition[i], new PendingOffset(offset, stored.Order[i]));
        }
    }
}
