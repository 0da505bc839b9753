using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Transactions;

/// <summary>
/// What EndTxn does in which state (KIP-98, KIP-890). With TV2 the end bumps the epoch, so that a call of the epoch before the
/// current one is one that comes again; with TV1 it can only be told by the state.
/// </summary>
internal static class EndRules
{
    /// <summary>The error, or none; then whether there is anything to do.</summary>
    public static (ErrorCode Error, bool IsDone) Judge(TransactionalProducer? producer, EndTransactionCall call)
    {
        if (producer is null)
        {
            return (ErrorCode.InvalidProducerIdMapping, false);
        }

        var bumps = call.TransactionVersion >= 2;
        var isOverflowRetry = bumps && producer.Epoch == 0 && producer.PreviousProducerId == call.ProducerId
            && call.ProducerEpoch == TransactionalProducer.ExhaustedEpoch;
        if (producer.ProducerId != call.ProducerId && !isOverflowRetry)
        {
            return (ErrorCode.InvalidProducerIdMapping, false);
        }

        var isRetry = isOverflowRetry || (bumps && producer.Epoch == call.ProducerEpoch + 1);
        if (producer.Epoch != call.ProducerEpoch && !isRetry)
        {
            return (ErrorCode.ProducerFenced, false);
        }

        return producer.State switch
        {
            TransactionState.Ongoing or TransactionState.Empty when isRetry => (ErrorCode.ProducerFenced, false),
            TransactionState.Ongoing => (ErrorCode.None, false),
            TransactionState.Empty => bumps && !call.Commit ? (ErrorCode.None, false) : (ErrorCode.InvalidTxnState, false),
            _ => JudgeEnded(producer.State == TransactionState.CompleteCommit, call.Commit, bumps, isRetry),
        };
    }

    private static (ErrorCode Error, bool IsDone) JudgeEnded(bool wasCommit, bool commit, bool bumps, bool isRetry)
    {
        if (isRetry || !bumps)
        {
            return (wasCommit == commit ? ErrorCode.None : ErrorCode.InvalidTxnState, true);
        }

        // An abort of nothing is how a client leaves an error behind that came before its first batch.
        return (commit ? ErrorCode.InvalidTxnState : ErrorCode.None, false);
    }
}
