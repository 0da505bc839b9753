using Spillway.Metadata.Groups;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;

namespace Spillway.Metadata.Transactions;

/// <summary>
/// How a transaction ends once that is decided: a marker in each of its partitions, what was aborted remembered, the groups' offsets
/// published or dropped. All in one command, so that nobody ever sees half of it.
/// </summary>
internal sealed class TransactionEnds(
    StateClock clock,
    TopicTable topics,
    ContainerTable containers,
    GroupTable groups,
    TransactionTable table,
    ProducerIds producerIds,
    MarkerTimestamps timestamps,
    AppliedChanges changes)
{
    /// <summary>Kafka counts its coordinators' leaders here; there is one coordinator, and it never is another's zombie.</summary>
    public const int CoordinatorEpoch = 0;

    /// <summary>Ends the open transaction; the producer's own epoch is the caller's to change.</summary>
    public void End(TransactionalProducer producer, bool commit, short markerEpoch)
    {
        foreach (var logId in producer.Logs)
        {
            // A topic that was deleted meanwhile takes its part of the transaction with it.
            if (topics.FindLog(logId) is { } log)
            {
                AppendMarker(log, producer.ProducerId, commit, markerEpoch);
            }
        }

        foreach (var groupId in producer.Groups)
        {
            groups.EndTransaction(groupId, producer.ProducerId, commit);
        }

        table.End(producer, commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort);
        producer.UpdateMs = clock.NowMs;
    }

    /// <summary>
    /// Ends a transaction that its producer did not end. The producer knows its epoch and may guess the next one (that is how a call that comes
    /// again looks), so both are fenced.
    /// </summary>
    public void AbortAndFence(TransactionalProducer producer)
    {
        End(producer, commit: false, (short)(producer.Epoch + 1));
        producer.PreviousEpoch = -1;
        producer.PreviousProducerId = -1;
        if (producer.Epoch + 2 <= TransactionalProducer.ExhaustedEpoch)
        {
            producer.Epoch += 2;
        }
        else
        {
            table.ChangeProducerId(producer, producerIds.Take());
            producer.Epoch = 0;
        }
    }

    /// <summary>The next epoch of the same producer, or a new producer id where there is none.</summary>
    public void BumpEpoch(TransactionalProducer producer)
    {
        producer.PreviousEpoch = producer.Epoch;
        if (producer.IsExhausted)
        {
            producer.PreviousProducerId = producer.ProducerId;
            table.ChangeProducerId(producer, producerIds.Take());
            producer.Epoch = 0;
        }
        else
        {
            producer.Epoch++;
        }
    }

    /// <summary>Ends a transaction in one of its partitions.</summary>
    public void AppendMarker(PartitionLog log, long producerId, bool commit, short markerEpoch)
    {
        var offset = log.NextOffset++;
        var entry = BatchIndexEntry.Marker(
            offset, clock.NowMs, timestamps.Of(log.Topic), producerId, markerEpoch, commit, CoordinatorEpoch);
        log.Index.Append(entry);
        containers.Reference(log, entry);
        changes.Touch(log);

        // With TV1 a partition may be in a transaction that wrote nothing to it.
        if (log.Producers.Find(producerId) is not { } producer)
        {
            return;
        }

        var firstOffset = producer.TransactionFirstOffset;
        producer.EndTransaction(markerEpoch, clock.NowMs);
        if (firstOffset >= 0)
        {
            log.CloseTransaction(firstOffset);
            if (!commit)
            {
                log.Aborted.Add(new AbortedRange(producerId, firstOffset, offset, log.LastStableOffset));
            }
        }
    }
}
