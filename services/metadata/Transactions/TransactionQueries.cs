using System.Text.RegularExpressions;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Transactions;

/// <summary>What administrators ask about transactions and producers (KIP-664), answered from the state.</summary>
internal static class TransactionQueries
{
    // A pattern is a client's; this one can't be made to take long for a short id.
    private const RegexOptions PatternOptions = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    public static DescribedTransaction Describe(MetadataState state, string transactionalId)
    {
        var described = new DescribedTransaction
        {
            TransactionalId = transactionalId, StartTimeMs = -1, ProducerId = -1, ProducerEpoch = -1,
        };
        if (transactionalId.Length == 0 || state.Transactions.Find(transactionalId) is not { } producer)
        {
            described.ErrorCode = (int)(transactionalId.Length == 0
                ? ErrorCode.InvalidRequest
                : ErrorCode.TransactionalIdNotFound);
            return described;
        }

        described.State = producer.State.ToString();
        described.TimeoutMs = producer.TimeoutMs;
        described.StartTimeMs = producer.StartMs;
        described.ProducerId = producer.ProducerId;
        described.ProducerEpoch = producer.Epoch;
        var logs = producer.Logs.Select(state.Topics.FindLog).OfType<PartitionLog>();
        foreach (var topic in logs.GroupBy(log => log.Topic.Name).OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            described.Topics.Add(new TransactionTopic
            {
                Name = topic.Key, Partitions = { topic.Select(log => log.Partition).Order() },
            });
        }

        return described;
    }

    public static ListTransactionsResult List(MetadataState state, ListTransactionsCall call, long nowMs)
    {
        var result = new ListTransactionsResult();
        if (!TryParse(call.IdPattern, out var pattern))
        {
            result.ErrorCode = (int)ErrorCode.InvalidRegularExpression;
            return result;
        }

        var known = Enum.GetNames<TransactionState>();
        result.UnknownStates.AddRange(call.States.Where(s => !known.Contains(s, StringComparer.Ordinal) && !IsPassing(s)));
        foreach (var producer in state.Transactions.All)
        {
            var name = producer.State.ToString();
            if ((call.States.Count == 0 || call.States.Contains(name))
                && (call.ProducerIds.Count == 0 || call.ProducerIds.Contains(producer.ProducerId))
                && (call.DurationMs < 0 || nowMs - producer.StartMs > call.DurationMs)
                && pattern?.IsMatch(producer.Id) != false)
            {
                result.Transactions.Add(new ListedTransaction
                {
                    TransactionalId = producer.Id, ProducerId = producer.ProducerId, State = name,
                });
            }
        }

        return result;
    }

    public static LogProducers DescribeProducers(MetadataState state, long logId)
    {
        if (state.Topics.FindLog(logId) is not { } log)
        {
            return new LogProducers { ErrorCode = (int)ErrorCode.UnknownTopicOrPartition };
        }

        var described = new LogProducers();
        foreach (var (id, producer) in log.Producers.InOrder)
        {
            described.Producers.Add(new ActiveProducer
            {
                ProducerId = id,
                ProducerEpoch = producer.ProducerEpoch,
                LastSequence = producer.BatchCount > 0 ? producer.Last.LastSequence : -1,
                LastTimestampMs = producer.LastAppendMs,
                CoordinatorEpoch = state.Transactions.FindByProducer(id) is null ? -1 : TransactionEnds.CoordinatorEpoch,
                TransactionFirstOffset = producer.TransactionFirstOffset,
            });
        }

        return described;
    }

    /// <summary>States that Kafka has and a transaction here is never in.</summary>
    private static bool IsPassing(string state) => state is "PrepareCommit" or "PrepareAbort" or "PrepareEpochFence" or "Dead";

    private static bool TryParse(string text, out Regex? pattern)
    {
        pattern = null;
        if (text.Length == 0)
        {
            return true;
        }

        try
        {
            pattern = new Regex($@"\A(?:{text})\z", PatternOptions);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
