using Spillway.Kafka.Errors;
using Spillway.Rpc.Commit;

namespace Spillway.Metadata.Producers;

/// <summary>
/// The idempotent producers of one partition and Kafka's rules for them (leaderless-lessons §3.1): what a batch is, judged
/// by producer epoch and sequence alone.
/// </summary>
internal sealed class ProducerTable
{
    /// <summary>Half of the sequence space: what is further behind is rather ahead.</summary>
    private const long SequencesBehindMax = 1L << 30;

    // Most partitions see few producers, many see none.
    private Dictionary<long, ProducerState>? _producers;

    public int Count => _producers?.Count ?? 0;

    /// <summary>
    /// Producer ids below this may have been known here once: their state has aged out, or they sent to a topic of this name that was deleted.
    /// </summary>
    public long ForgottenBelow { get; set; }

    /// <summary>By producer id.</summary>
    public IEnumerable<KeyValuePair<long, ProducerState>> InOrder => (_producers ?? []).OrderBy(p => p.Key);

    public ProducerState? Find(long producerId) => _producers?.GetValueOrDefault(producerId);

    /// <summary>Whether the batch may be appended; if not, why, and for a duplicate the offset it got the first time.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="nextProducerId">Producer ids from here on were not given out by this cluster.</param>
    public ProducerVerdict Check(in BatchToCommit batch, long nextProducerId)
    {
        if (batch.ProducerId < 0)
        {
            return ProducerVerdict.Append;
        }

        if (batch.BaseSequence < 0 || batch.ProducerEpoch < 0)
        {
            return ProducerVerdict.Refuse(ErrorCode.InvalidRecord);
        }

        if (_producers is null || !_producers.TryGetValue(batch.ProducerId, out var producer))
        {
            // With TV2 each transaction is an epoch of its own, in which nothing can have been sent before 0 (KIP-890).
            if (batch.TransactionVersion >= 2 && batch.BaseSequence != 0)
            {
                return ProducerVerdict.Refuse(ErrorCode.OutOfOrderSequenceNumber);
            }

            // Kafka takes any sequence for a start, since the state may have aged out. Where it can't have, a producer that does not begin
            // at 0 has sent something before that is still to come: its first batches were with a writer that failed, and this one
            // overtook their retry. Taken now, it would make that retry the one out of order, and librdkafka gives up for good on that.
            return batch.BaseSequence == 0 || batch.ProducerId < ForgottenBelow || batch.ProducerId >= nextProducerId
                ? ProducerVerdict.Append
                : ProducerVerdict.Refuse(ErrorCode.OutOfOrderSequenceNumber);
        }

        if (batch.ProducerEpoch < producer.ProducerEpoch)
        {
            return ProducerVerdict.Refuse(ErrorCode.InvalidProducerEpoch);
        }

        var verdict = batch.ProducerEpoch == producer.ProducerEpoch && producer.BatchCount > 0
            ? CheckSequence(producer, batch.BaseSequence, batch.RecordCount)

            // A client that bumped its epoch by itself (KIP-360), or whose epoch was bumped by a marker, starts again at 0.
            : batch.BaseSequence == 0 ? ProducerVerdict.Append
            : ProducerVerdict.Refuse(ErrorCode.OutOfOrderSequenceNumber);

        // What is no part of the transaction would be taken for one by everybody who reads the log.
        return verdict.IsAppend && !batch.Transactional && producer.TransactionFirstOffset >= 0
            ? ProducerVerdict.Refuse(ErrorCode.InvalidTxnState)
            : verdict;
    }

    /// <summary>The batch was found fit. Gives what is now known of its producer; null for a batch of none.</summary>
    public ProducerState? Append(in BatchToCommit batch, long baseOffset, long nowMs)
    {
        if (batch.ProducerId < 0)
        {
            return null;
        }

        _producers ??= [];
        if (!_producers.TryGetValue(batch.ProducerId, out var producer))
        {
            producer = new ProducerState();
            _producers.Add(batch.ProducerId, producer);
        }

        var last = Sequences.Add(batch.BaseSequence, batch.RecordCount - 1);
        producer.Append(
            (short)batch.ProducerEpoch,
            new ProducedBatch(batch.BaseSequence, last, baseOffset),
            batch.RecordCount,
            nowMs);
        return producer;
    }

    public void Restore(long producerId, ProducerState state) => (_producers ??= []).Add(producerId, state);

    public bool AnyIdleSince(long timeMs)
    {
        foreach (var producer in (_producers ?? []).Values)
        {
            if (IsIdleSince(producer, timeMs))
            {
                return true;
            }
        }

        return false;
    }

    public void RemoveIdleSince(long timeMs)
    {
        foreach (var id in (_producers ?? []).Where(p => IsIdleSince(p.Value, timeMs)).Select(p => p.Key).ToList())
        {
            _producers!.Remove(id);
            ForgottenBelow = Math.Max(ForgottenBelow, id + 1);
        }
    }

    /// <summary>With an open transaction it is never idle: its batches wait for their marker.</summary>
    private static bool IsIdleSince(ProducerState producer, long timeMs) =>
        producer.LastAppendMs <= timeMs && producer.TransactionFirstOffset < 0;

    private static ProducerVerdict CheckSequence(ProducerState producer, int firstSequence, int recordCount)
    {
        var lastSequence = Sequences.Add(firstSequence, recordCount - 1);
        for (var i = 0; i < producer.BatchCount; i++)
        {
            var known = producer[i];
            if (known.FirstSequence == firstSequence && known.LastSequence == lastSequence)
            {
                return ProducerVerdict.Duplicate(known.BaseOffset);
            }
        }

        var next = Sequences.Add(producer.Last.LastSequence, 1);
        if (firstSequence == next)
        {
            return ProducerVerdict.Append;
        }

        // Older than the five, and certainly accepted then: the client takes this code for success without an offset. A
        // sequence below what the state has ever seen is no duplicate; to say so would lose it.
        var back = Sequences.Distance(firstSequence, next);
        var backToOldest = Sequences.Distance(producer[0].FirstSequence, next);
        return back <= Math.Min(producer.AcceptedRecords, SequencesBehindMax) && back - recordCount >= backToOldest
            ? ProducerVerdict.Refuse(ErrorCode.DuplicateSequenceNumber)
            : ProducerVerdict.Refuse(ErrorCode.OutOfOrderSequenceNumber);
    }
}
