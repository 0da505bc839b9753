using Spillway.Kafka.Records;
using Spillway.S3Compactor.Compacting;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>
/// Cleans a history as jobs do: a pass learns the last keys of the dirty part and then goes from the log's start to the part's end in steps;
/// the next pass begins when that is done. A step that dies leaves the entries it has replaced so far, and is not heard of.
/// </summary>
internal sealed class TestCleaning(LogHistory log, Random random, long deleteRetentionMs)
{
    private long _cleanedOffset;
    private long _passEnd = -1;
    private long _nextOffset;

    /// <summary>Below this something may have been cleaned.</summary>
    public long CleanableEnd { get; private set; }

    /// <summary>When a cleaning that saw a record was first done with it.</summary>
    public Dictionary<long, long> FirstSeenMs { get; } = [];

    /// <summary>Ends a pass that was begun, and does a whole one.</summary>
    public void RunWhole()
    {
        if (_passEnd >= 0)
        {
            Run(mayDie: false);
        }

        Run(mayDie: false);
    }

    public void Run(bool mayDie)
    {
        // Entries whose transactions have all ended.
        var cleanable = log.Entries.Where(entry => entry.LastOffset < log.LastStableOffset).ToList();
        if (cleanable.Count == 0)
        {
            return;
        }

        var limit = _passEnd >= 0 ? _passEnd : cleanable[^1].LastOffset + 1;
        var aborted = new AbortedTransactions(log.Aborted.Where(range => range.LastOffset >= _cleanedOffset));
        var keys = new LastKeys(_cleanedOffset, limit, aborted, mayDie ? random.Next(112, 1500) : long.MaxValue);
        foreach (var entry in cleanable)
        {
            var walk = new RecordBatchEnumerator(entry.Bytes);
            while (walk.MoveNext() && keys.TryLearn(walk.CurrentBytes, walk.Current))
            {
            }
        }

        keys.Complete(isCut: false);
        CleanableEnd = Math.Max(CleanableEnd, keys.EndOffset);
        Clean(keys, [.. cleanable.Where(entry => entry.LastOffset >= _nextOffset && entry.BaseOffset < keys.EndOffset)], mayDie);
    }

    private void Clean(LastKeys keys, List<LogEntry> entries, bool mayDie)
    {
        var steps = mayDie ? random.Next(1, entries.Count + 2) : int.MaxValue;
        var dies = mayDie && random.Next(3) == 0;
        var seesLogStart = entries.Count > 0 && entries[0].BaseOffset == 0;
        var cleaner = new BatchCleaner(keys, new CleaningRules(log.NowMs, deleteRetentionMs, seesLogStart, log.Producers));
        var reached = _nextOffset;
        for (var i = 0; i < entries.Count && steps > 0;)
        {
            var run = new CleanedRun(cleaner);
            var first = i;
            for (var left = random.Next(1, 4); left > 0 && i < entries.Count; left--, i++, steps--)
            {
                run.Begin(entries[i].BaseOffset, entries[i].LastOffset);
                run.Add(entries[i].Bytes);
            }

            Replace(entries.GetRange(first, i - first), run, keys.EndOffset);
            reached = run.LastOffset + 1;
        }

        if (!dies)
        {
            Progress(reached, keys.EndOffset);
        }
    }

    private void Replace(List<LogEntry> old, CleanedRun run, long passEnd)
    {
        var at = log.Entries.IndexOf(old[0]);
        log.Entries.RemoveRange(at, old.Count);
        log.Entries.Insert(at, new LogEntry(run.BaseOffset, run.LastOffset, run.Complete().ToArray()));
        for (var offset = run.BaseOffset; offset <= run.LastOffset && offset < passEnd; offset++)
        {
            FirstSeenMs.TryAdd(offset, log.NowMs);
        }
    }

    private void Progress(long reached, long passEnd)
    {
        if (reached >= passEnd)
        {
            (_cleanedOffset, _passEnd, _nextOffset) = (passEnd, -1, 0);
        }
        else
        {
            (_passEnd, _nextOffset) = (passEnd, reached);
        }
    }
}
