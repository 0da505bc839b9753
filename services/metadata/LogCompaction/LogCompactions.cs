using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.LogCompaction;

/// <summary>
/// Log compaction as the state sees it: which log a compactor is given next, and how far it came. What a job does to the index it does by commits
/// of objects, each entry by itself; that they come in offset order and stop at the first refusal is what keeps a tombstone from going before
/// the values it stands for.
/// </summary>
internal sealed class LogCompactions(StateClock clock, TopicTable topics, ContainerTable containers, AppliedChanges changes)
{
    /// <summary>Doublings of the wait after jobs that failed one after the other: from 5 s to about 85 minutes, by default.</summary>
    private const int BackoffDoublingsMax = 10;

    private readonly CleaningPlan _plan = new(containers);

    /// <summary>The first of the command's logs that is worth it and in nobody's hand; null where there is none.</summary>
    public Job? Plan(AcquireJob command, long nowMs)
    {
        foreach (var rules in command.LogsToClean)
        {
            if (topics.FindLog(rules.LogId) is { MergeJobId: 0 } log && (log.Cleaning?.NotBeforeMs ?? 0) <= nowMs
                && _plan.Create(log, rules, nowMs) is { } job)
            {
                return job;
            }
        }

        return null;
    }

    /// <summary>
    /// A job was given out. Before it changes anything, frontends are told how far it may: what they hold in memory is not to be served below.
    /// </summary>
    public void Begin(LogCleaning cleaning)
    {
        var log = topics.FindLog(cleaning.LogId)!;
        var state = log.Cleaning ??= new CleaningState();
        if (cleaning.PassEnd > state.CompactedEnd)
        {
            state.CompactedEnd = cleaning.PassEnd;
            changes.Touch(log);
        }
    }

    /// <summary>A job ended. Without progress the next one waits, twice as long each time.</summary>
    public void End(long logId, CleaningProgress? progress, long retryAfterMs)
    {
        if (topics.FindLog(logId) is not { } log)
        {
            return;
        }

        var state = log.Cleaning ??= new CleaningState();
        if (progress is { PassEnd: > 0 } && Advance(log, state, progress))
        {
            state.FailureCount = 0;
            state.NotBeforeMs = 0;
            return;
        }

        state.NotBeforeMs = clock.NowMs + (retryAfterMs << Math.Min(state.FailureCount, BackoffDoublingsMax));
        state.FailureCount++;
    }

    /// <summary>False where that is no further than before.</summary>
    private static bool Advance(PartitionLog log, CleaningState state, CleaningProgress progress)
    {
        if (progress.NextOffset >= progress.PassEnd)
        {
            var isFurther = progress.PassEnd > state.CleanedOffset;
            state.CleanedOffset = Math.Max(state.CleanedOffset, Math.Min(progress.PassEnd, log.NextOffset));
            (state.PassEnd, state.NextOffset) = (0, 0);
            return isFurther;
        }

        var before = state.PassEnd > 0 ? Math.Max(state.NextOffset, log.LogStartOffset) : log.LogStartOffset;
        if (progress.NextOffset <= before)
        {
            return false;
        }

        (state.PassEnd, state.NextOffset) = (progress.PassEnd, progress.NextOffset);
        return true;
    }
}
