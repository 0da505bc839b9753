namespace Spillway.Metadata.Transactions;

/// <summary>A transactional id: which producer has it now, and its transaction. Part of the state, changed only by commands.</summary>
internal sealed class TransactionalProducer(string id)
{
    /// <summary>From here on there is no next epoch for a client: the producer gets a new id instead.</summary>
    public const short ExhaustedEpoch = short.MaxValue - 1;

    /// <summary>
    /// Partitions of one transaction at most. Its end is one command, a marker in each of them: some hundred nanoseconds each for which nothing
    /// else is applied, about 10 ms for so many (bench: <c>transactions</c>).
    /// </summary>
    public const int LogsMax = 50_000;

    public string Id { get; } = id;

    public long ProducerId { get; set; } = -1;

    public short Epoch { get; set; } = -1;

    /// <summary>The id before this one, where its epochs were used up; -1: none.</summary>
    public long PreviousProducerId { get; set; } = -1;

    /// <summary>
    /// The epoch that the same producer had before this one, so that a call of it that comes again is known; -1: another producer took over.
    /// </summary>
    public short PreviousEpoch { get; set; } = -1;

    public int TimeoutMs { get; set; }

    public TransactionState State { get; set; }

    /// <summary>When its last transaction began; -1: it had none yet.</summary>
    public long StartMs { get; set; } = -1;

    /// <summary>When it was last used.</summary>
    public long UpdateMs { get; set; }

    /// <summary>The logs of the open transaction, by their ids.</summary>
    public SortedSet<long> Logs { get; } = [];

    /// <summary>The groups whose offsets are committed with it.</summary>
    public SortedSet<string> Groups { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the open transaction, or the one that would begin, has room for these too.</summary>
    public bool HasRoomFor(IReadOnlyList<long> logIds) =>
        Logs.Count + logIds.Count <= LogsMax
        || Logs.Count + logIds.Distinct().Count(id => !Logs.Contains(id)) <= LogsMax;

    public bool HasRoomFor(long logId) => Logs.Count < LogsMax || Logs.Contains(logId);

    public bool IsOngoing => State == TransactionState.Ongoing;

    public bool IsExhausted => Epoch >= ExhaustedEpoch;

    public long DeadlineMs => StartMs + TimeoutMs;
}
