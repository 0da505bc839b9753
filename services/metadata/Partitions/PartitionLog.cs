using Spillway.Kafka;
using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Topics;

namespace Spillway.Metadata.Partitions;

/// <summary>One partition: how far it reaches, where its bytes are, who produced lately. Changed only by commands.</summary>
internal sealed class PartitionLog(LogId id, Topic topic, int partition)
{
    // First offsets of open transactions. Most partitions never see one.
    private SortedSet<long>? _openTransactions;

    public LogId Id { get; } = id;

    public Topic Topic { get; } = topic;

    public int Partition { get; } = partition;

    /// <summary>The offset of the next record. What is committed is replicated, so it is the high watermark too.</summary>
    public long NextOffset { get; set; }

    public long HighWatermark => NextOffset;

    /// <summary>Where the first open transaction begins, or the end: below it the fate of every record is known.</summary>
    public long LastStableOffset =>
        _openTransactions is { Count: > 0 } open ? Math.Max(open.Min, LogStartOffset) : NextOffset;

    public int OpenTransactionCount => _openTransactions?.Count ?? 0;

    /// <summary>Logical: may lie inside an entry, and entries below it may wait to be trimmed.</summary>
    public long LogStartOffset { get; set; }

    /// <summary>Bytes that the index names.</summary>
    public long ByteSize { get; set; }

    /// <summary>Bumped when ranges of the index are rewritten, never by appends.</summary>
    public long RewriteVersion { get; set; }

    /// <summary>Entries that merging made and that are small all the same.</summary>
    public int SmallRewrittenEntries { get; set; }

    /// <summary>Since when merging owes the log a look; 0: it does not, or has it in hand.</summary>
    public long MergeSinceMs { get; set; }

    /// <summary>Merging has nothing to do below this offset any more.</summary>
    public long MergeStartOffset { get; set; }

    /// <summary>The merge or log compaction that has the log in hand; 0: none.</summary>
    public long MergeJobId { get; set; }

    /// <summary>Merges of it that failed, one after the other.</summary>
    public int MergeFailureCount { get; set; }

    public PartitionIndexEntries Index { get; } = new();

    public ProducerTable Producers { get; } = new();

    public AbortedRanges Aborted { get; } = new();

    /// <summary>Null where log compaction has not touched it.</summary>
    public CleaningState? Cleaning { get; set; }

    public bool Exists => !Topic.Deleted;

    /// <summary>Entries lie wholly below the log start.</summary>
    public bool HasTrimmable => Index.Count > 0 && Index.First.LastOffset < LogStartOffset;

    /// <summary>Set while the log is in <see cref="Log.AppliedChanges"/>.</summary>
    public bool Touched { get; set; }

    public void OpenTransaction(long firstOffset) => (_openTransactions ??= []).Add(firstOffset);

    public void CloseTransaction(long firstOffset) => _openTransactions?.Remove(firstOffset);
}
