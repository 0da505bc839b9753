using Spillway.Metadata.Log;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Transactions;

namespace Spillway.Metadata.Restoring;

/// <summary>
/// What makes a restored state another incarnation of its cluster: whatever the lost one may have given out after the copy, an id, an epoch or
/// a promise, is never given out again nor kept. Pure.
/// </summary>
internal static class NewIncarnation
{
    /// <summary>
    /// How far ids are moved for each incarnation, far beyond what can be given out between a copy and a loss. No further where they are walked
    /// by their numbers: logs by the leader's rounds, segments and objects by fsck. Node ids are int32 and shown to clients.
    /// </summary>
    public const long ContainerIdsSkipped = 1L << 24;
    public const long JobIdsSkipped = 1L << 32;
    public const long ProducerIdsSkipped = 1L << 40;
    public const long LogIdsSkipped = 1L << 20;
    public const long NodeEpochsSkipped = 1L << 20;
    public const int NodeIdsSkipped = 1_000;

    /// <summary>Moves the ids, ends every lease, every job and every writer's epoch.</summary>
    /// <param name="state">The state as the copy has it.</param>
    /// <param name="steps">How many incarnations it is ahead of the copy, 1 or more.</param>
    /// <param name="nowMs">The time.</param>
    public static void Begin(MetadataState state, long steps, long nowMs)
    {
        state.Clock.Advance(nowMs);
        state.Containers.Incarnation += steps;
        state.Containers.IsCollectionHeld = true;
        state.Containers.LastObjectId += steps * ContainerIdsSkipped;
        state.Containers.LastSegmentId += steps * ContainerIdsSkipped;
        state.Jobs.LastJobId += steps * JobIdsSkipped;
        state.Producers.Next += steps * ProducerIdsSkipped;
        state.Topics.LastLogId += steps * LogIdsSkipped;

        // Producers that the copy does not know may have sent long since, and go on with their sequences.
        state.Topics.DeletedBeforeProducerId = state.Producers.Next;
        foreach (var log in state.Topics.All.SelectMany(static topic => topic.Partitions))
        {
            log.Producers.ForgottenBelow = state.Producers.Next;
        }

        // Versions are places in the log, and this one begins anew.
        state.ImageVersion = 1;
        state.Jobs.EndAll();
        state.Nodes.EndAll(checked((int)steps * NodeIdsSkipped), steps * NodeEpochsSkipped);
    }

    /// <summary>No PUT of the lost cluster is waited for; what it stored and nothing names is garbage.</summary>
    public static void CloseObjects(MetadataState state, IEnumerable<(long Id, string Key)> found)
    {
        foreach (var prepared in state.Containers.Objects.Where(static data => data.State == ObjectState.Prepared).ToList())
        {
            state.Containers.Close(prepared, ObjectState.Expired);
        }

        foreach (var (id, key) in found.Where(found => state.Containers.FindObject(found.Id) is null))
        {
            var unnamed = new DataObject(id, key, 0);
            state.Containers.Add(unnamed);
            state.Containers.Close(unnamed, ObjectState.Expired);
        }
    }

    /// <summary>There is nothing left of them that could be deleted.</summary>
    public static void ForgetSegments(MetadataState state, IReadOnlySet<long> lost)
    {
        foreach (var segment in state.Containers.Segments.Where(s => lost.Contains(s.Id) && s.LiveEntries == 0).ToList())
        {
            state.Containers.Forget(segment);
        }
    }

    /// <summary>
    /// Nobody knows how the transactions ended that were open in the copy or that objects tell the begin of: all are aborted. And every
    /// transactional id gets another producer, so that one that went on after the copy is fenced, whatever its epoch is by now.
    /// </summary>
    public static void EndTransactions(MetadataState state, RestoreReport report)
    {
        var open = state.Transactions.Open.ToList();
        foreach (var producer in open)
        {
            state.TransactionEnds.End(producer, commit: false, (short)(producer.Epoch + 1));
        }

        long unnamed = 0;
        foreach (var log in state.Topics.Existing.SelectMany(static topic => topic.Partitions).OrderBy(static log => log.Id.Value))
        {
            foreach (var (producerId, producer) in log.Producers.InOrder.Where(static p => p.Value.TransactionFirstOffset >= 0).ToList())
            {
                state.TransactionEnds.AppendMarker(log, producerId, commit: false, MarkerEpochOf(producer));
                unnamed++;
            }
        }

        foreach (var producer in state.Transactions.All)
        {
            state.Transactions.ChangeProducerId(producer, state.Producers.Take());
            producer.Epoch = 0;
            producer.PreviousEpoch = -1;
            producer.PreviousProducerId = -1;
        }

        report.Add(
            $"{open.Count} open transactions of the copy were aborted, and {unnamed} in partitions where only objects tell of them.",
            [.. open.Select(static producer => producer.Id)]);
    }

    private static short MarkerEpochOf(ProducerState producer) =>
        producer.ProducerEpoch >= TransactionalProducer.ExhaustedEpoch ? producer.ProducerEpoch : (short)(producer.ProducerEpoch + 1);
}
