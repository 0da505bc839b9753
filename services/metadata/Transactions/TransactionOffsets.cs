using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Transactions;

/// <summary>Offsets committed as part of a transaction (KIP-98, KIP-447): they wait in their group for its end.</summary>
internal sealed class TransactionOffsets(
    StateClock clock, TransactionTable table, TransactionCommands commands, GroupTable groups)
{
    public CommitTransactionOffsetsResult Commit(CommitTransactionOffsetsCall call)
    {
        var result = new CommitTransactionOffsetsResult();
        var (error, producer) = Check(call);
        if (error != ErrorCode.None)
        {
            result.ErrorCodes.AddRange(Enumerable.Repeat((int)error, call.Offsets.Count));
            return result;
        }

        if (call.TransactionVersion >= 2)
        {
            commands.AddGroup(producer!, call.GroupId);
        }

        foreach (var offset in call.Offsets)
        {
            result.ErrorCodes.Add((int)groups.CommitPending(call.GroupId, call.ProducerId, offset, clock.Index));
        }

        return result;
    }

    private (ErrorCode Error, TransactionalProducer? Producer) Check(CommitTransactionOffsetsCall call)
    {
        var producer = table.Find(call.TransactionalId);
        var error = producer is null || producer.ProducerId != call.ProducerId ? ErrorCode.InvalidProducerIdMapping
            : producer.Epoch != call.ProducerEpoch ? ErrorCode.InvalidProducerEpoch

            // Frontends make it INVALID_TXN_STATE for versions that do not know the code.
            : call.TransactionVersion < 2 && !(producer.IsOngoing && producer.Groups.Contains(call.GroupId))
                ? ErrorCode.TransactionAbortable
            : LateCalls.IsLate(producer, call.TransactionVersion, call.WaitedMs, clock.NowMs) ? ErrorCode.CoordinatorNotAvailable
            : groups.CheckPendingGeneration(call.GroupId, call.GenerationId, call.MemberId);
        return (error, producer);
    }
}
