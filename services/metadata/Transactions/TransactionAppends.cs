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
    public ProducerVerdict Check(in BatchToCommit batch, PartitionLog log, long nextProducerId)
    {
        if (batch.ProducerId < 0)
        {
            return ProducerVerdict.Refuse(ErrorCode.InvalidRecord);
        }

        if (table.FindByProducer(batch.ProducerId) is not { } producer
            || (batch.TransactionalId is { Length: > 0 } id && id != producer.Id))
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
    public void Append(in BatchToCommit batch, PartitionLog log, long baseOffset)
    {
        if (batch.TransactionVersion >= 2)
        {
            commands.AddLog(table.FindByProducer(batch.ProducerId)!, log.Id.Value);
        }

        var producer = log.Producers.Find(batch.ProducerId)!;
        if (producer.TransactionFirstOffset < 0)
        {
            producer.TransactionFirstOffset = baseOffset;
            log.OpenTransaction(baseOffset);
        }
    }
}
