using Spillway.Kafka.Errors;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Producers;
using Spillway.Rpc.Commit;

namespace Spillway.Metadata.Transactions;

/// <summary>
/// Whether a batch belongs to the transaction it says it does. Judged at apply, so that a late one can't open again what has
/// ended (KIP-890).
/// </summary>
internal sealed class TransactionAppends(TransactionTable table, TransactionCommands commands)
{
    /// <summary>What is to be done with the batch; where it is to be appended, then by its transactional id's producer.</summary>
    public ProducerVerdict Check(in BatchToCommit batch, PartitionLog log, long nextProducerId, out TransactionalProducer? producer)
    {
        producer = null;
        if (batch.ProducerId < 0)
        {
            return ProducerVerdict.Refuse(ErrorCode.InvalidRecord);
        }

        producer = table.FindByProducer(batch.ProducerId);
        if (producer is null || (batch.TransactionalId is { Length: > 0 } id && id != producer.Id))
        {
            return ProducerVerdict.Refuse(ErrorCode.InvalidProducerIdMapping);
        }

        if (batch.ProducerEpoch != producer.Epoch)
        {
            return ProducerVerdict.Refuse(ErrorCode.InvalidProducerEpoch);
        }

        var verdict = log.Producers.Check(batch, nextProducerId);
        if (batch.TransactionVersion >= 2)
        {
            return verdict.IsAppend && !producer.HasRoomFor(log.Id.Value) ? ProducerVerdict.Refuse(ErrorCode.PolicyViolation) : verdict;
        }

        if (verdict.IsDuplicate || (producer.IsOngoing && producer.Logs.Contains(log.Id.Value)))
        {
            return verdict;
        }

        // Frontends make it INVALID_TXN_STATE for versions that do not know the code.
        return ProducerVerdict.Refuse(ErrorCode.TransactionAbortable);
    }

    /// <summary>After <see cref="ProducerTable.Append"/>: with TV2 the batch adds its partition, and begins the transaction if it is the first.</summary>
    public void Append(
        in BatchToCommit batch, PartitionLog log, TransactionalProducer producer, ProducerState state, long baseOffset)
    {
        if (batch.TransactionVersion >= 2)
        {
            commands.AddLog(producer, log.Id.Value);
        }

        if (state.TransactionFirstOffset < 0)
        {
            state.TransactionFirstOffset = baseOffset;
            log.OpenTransaction(baseOffset);
        }
    }
}
