using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Transactions;

/// <summary>What producers ask of their transactions, judged where it is known what came before (KIP-98, 360, 588, 890).</summary>
internal sealed class TransactionCommands(
    StateClock clock, TopicTable topics, TransactionTable table, TransactionEnds ends, ProducerIds producerIds)
{
    public InitProducerResult Init(InitProducerCall call)
    {
        if (table.Find(call.TransactionalId) is not { } producer)
        {
            // Whatever the producer believes to have had: nobody else has the id.
            producer = new TransactionalProducer(call.TransactionalId) { ProducerId = producerIds.Take(), Epoch = 0 };
            table.Add(producer);
            return Ready(producer, call, aborted: false);
        }

        var hadBefore = call.ProducerId >= 0;
        var epoch = (short)call.ProducerEpoch;
        var isCurrent = hadBefore && call.ProducerId == producer.ProducerId && epoch == producer.Epoch;

        // The answer to the last call was lost: the producer did not get what it has.
        var isRetry = hadBefore && !isCurrent && epoch >= 0 && epoch == producer.PreviousEpoch && !producer.IsOngoing
            && call.ProducerId == (producer.Epoch == 0 ? producer.PreviousProducerId : producer.ProducerId);
        if (hadBefore && !isCurrent && !isRetry)
        {
            return new InitProducerResult { ErrorCode = (int)ErrorCode.ProducerFenced, ProducerId = -1, ProducerEpoch = -1 };
        }

        var aborted = producer.IsOngoing;
        if (aborted)
        {
            // Kafka lets the client ask again meanwhile (CONCURRENT_TRANSACTIONS); here the end is not awaited, it is there.
            ends.End(producer, commit: false, (short)(producer.Epoch + 1));
            producer.Epoch++;
        }

        if (!isRetry)
        {
            ends.BumpEpoch(producer);
            producer.PreviousEpoch = hadBefore ? epoch : (short)-1;
        }

        return Ready(producer, call, aborted);
    }

    public AddPartitionsResult AddPartitions(AddPartitionsCall call)
    {
        var result = new AddPartitionsResult();
        var (error, producer) = FindCurrent(call.TransactionalId, call.ProducerId, call.ProducerEpoch);
        if (error == ErrorCode.None && call.LogIds.Any(id => topics.FindLog(id) is null))
        {
            // All or nothing (KIP-98).
            result.ErrorCodes.AddRange(call.LogIds.Select(id => (int)(topics.FindLog(id) is null
                ? ErrorCode.UnknownTopicOrPartition
                : ErrorCode.OperationNotAttempted)));
            return result;
        }

        if (error == ErrorCode.None && !producer!.HasRoomFor(call.LogIds))
        {
            // No code says it; of one that they do not expect, clients tell their caller, who may abort.
            error = ErrorCode.PolicyViolation;
        }

        if (error == ErrorCode.None && call.LogIds.Count > 0)
        {
            BeginIfNone(producer!);
            producer!.Logs.UnionWith(call.LogIds);
        }

        result.ErrorCodes.AddRange(Enumerable.Repeat((int)error, call.LogIds.Count));
        return result;
    }

    public AddOffsetsResult AddOffsets(AddOffsetsCall call)
    {
        var (error, producer) = FindCurrent(call.TransactionalId, call.ProducerId, call.ProducerEpoch);
        if (error == ErrorCode.None)
        {
            AddGroup(producer!, call.GroupId);
        }

        return new AddOffsetsResult { ErrorCode = (int)error };
    }

    public void AddGroup(TransactionalProducer producer, string groupId)
    {
        BeginIfNone(producer);
        producer.Groups.Add(groupId);
    }

    public void AddLog(TransactionalProducer producer, long logId)
    {
        BeginIfNone(producer);
        producer.Logs.Add(logId);
    }

    public EndTransactionResult End(EndTransactionCall call)
    {
        var producer = table.Find(call.TransactionalId);
        var (error, isDone) = EndRules.Judge(producer, call);
        if (error == ErrorCode.None && LateCalls.IsLate(producer!, call.TransactionVersion, call.WaitedMs, clock.NowMs))
        {
            // If a client does wait for it, it asks again.
            error = ErrorCode.CoordinatorNotAvailable;
        }

        if (error != ErrorCode.None)
        {
            return new EndTransactionResult { ErrorCode = (int)error, ProducerId = -1, ProducerEpoch = -1 };
        }

        if (!isDone)
        {
            var bumps = call.TransactionVersion >= 2;

            // With TV2 the marker fences what the producer sent before and what is still under way (KIP-890).
            ends.End(producer!, call.Commit, bumps ? (short)(producer!.Epoch + 1) : producer!.Epoch);
            if (bumps)
            {
                ends.BumpEpoch(producer);
            }
        }

        return new EndTransactionResult { ProducerId = producer!.ProducerId, ProducerEpoch = producer.Epoch };
    }

    public AbortProducerResult Abort(AbortProducerCall call)
    {
        var result = new AbortProducerResult();
        var producer = table.FindByProducer(call.ProducerId);
        foreach (var logId in call.LogIds)
        {
            result.ErrorCodes.Add((int)(topics.FindLog(logId) is null ? ErrorCode.UnknownTopicOrPartition
                : producer is { IsOngoing: true } && producer.Logs.Contains(logId) && call.ProducerEpoch < producer.Epoch
                    ? ErrorCode.InvalidProducerEpoch
                : ErrorCode.None));
        }

        // Where nothing is open there is nothing to end, and that is what was asked for.
        if (producer is { IsOngoing: true } && call.ProducerEpoch >= producer.Epoch && call.LogIds.Any(producer.Logs.Contains))
        {
            ends.AbortAndFence(producer);
            result.Aborted = true;
        }

        return result;
    }

    /// <summary>How many there were.</summary>
    public AbortedCount AbortTimedOut(AbortTimedOut command)
    {
        var count = 0;
        foreach (var open in command.Transactions)
        {
            // What the proposer saw may have ended since, and another one begun.
            if (table.Find(open.TransactionalId) is { IsOngoing: true } producer
                && producer.ProducerId == open.ProducerId
                && producer.Epoch == open.ProducerEpoch
                && producer.DeadlineMs <= clock.NowMs)
            {
                ends.AbortAndFence(producer);
                count++;
            }
        }

        return new AbortedCount(count);
    }

    public ExpireTransactions Expire(ExpireTransactions command)
    {
        foreach (var id in command.TransactionalIds)
        {
            if (table.Find(id) is { } producer && IsIdle(producer, clock.NowMs - command.IdleMs))
            {
                table.Remove(producer);
            }
        }

        return command;
    }

    /// <summary>It may be forgotten: no transaction is open, and it was last used then or before.</summary>
    public static bool IsIdle(TransactionalProducer producer, long timeMs) => !producer.IsOngoing && producer.UpdateMs <= timeMs;

    private InitProducerResult Ready(TransactionalProducer producer, InitProducerCall call, bool aborted)
    {
        producer.State = TransactionState.Empty;
        producer.StartMs = -1;
        producer.UpdateMs = clock.NowMs;
        producer.TimeoutMs = call.TransactionTimeoutMs;
        return new InitProducerResult { ProducerId = producer.ProducerId, ProducerEpoch = producer.Epoch, Aborted = aborted };
    }

    private (ErrorCode Error, TransactionalProducer? Producer) FindCurrent(string transactionalId, long producerId, int epoch)
    {
        var producer = table.Find(transactionalId);
        return producer is null || producer.ProducerId != producerId ? (ErrorCode.InvalidProducerIdMapping, null)
            : producer.Epoch != epoch ? (ErrorCode.ProducerFenced, null)
            : (ErrorCode.None, producer);
    }

    private void BeginIfNone(TransactionalProducer producer)
    {
        if (!producer.IsOngoing)
        {
            table.Begin(producer, clock.NowMs);
        }

        producer.UpdateMs = clock.NowMs;
    }
}
