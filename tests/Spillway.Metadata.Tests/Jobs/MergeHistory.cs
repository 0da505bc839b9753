using System.Globalization;
using Spillway.Metadata.Jobs;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Jobs;

/// <summary>A random history of logs that are drained and merged, which counts what is written and judges what is left.</summary>
internal sealed class MergeHistory
{
    private readonly StateContext _context = new();
    private readonly Random _random;
    private TestWriter _writer;
    private readonly TestCompactor _compactor;
    private readonly long[] _logs;
    private readonly int[] _scales;
    private readonly Dictionary<long, List<long>> _drainedAt = [];
    private readonly Dictionary<long, long> _drainedBytes = [];
    private readonly Dictionary<long, long> _mergedBytes = [];
    private readonly HashSet<(long LogId, long BaseOffset)> _mergedOnce = [];
    private int _restarts = 1;

    public MergeHistory(Random random, int? entriesMin = null, long bytesMax = long.MaxValue, int logs = 3)
    {
        _random = random;
        _writer = _context.NewWriter();
        _compactor = _context.NewCompactor();
        _compactor.MergeBytesTarget = 64 << 20;
        _compactor.MergeEntriesMin = entriesMin ?? random.Next(2, 40);
        _compactor.DrainBytesTarget = long.MaxValue / 2;
        _logs = _context.CreateTopic(partitions: logs);
        // Each log has sizes of its own: to 2^10 bytes, or to 2^26, above which nothing is small.
        _scales = [.. _logs.Select(_ => bytesMax <= 1_000 ? 9 : random.Next(9, 27))];
        foreach (var log in _logs)
        {
            (_drainedAt[log], _drainedBytes[log], _mergedBytes[log]) = ([], 0, 0);
        }
    }

    public int EntryCount => _logs.Sum(log => _context.Entries(log).Length);

    public void Step()
    {
        switch (_random.Next(100))
        {
            case < 70:
                Drain();
                break;
            case < 95:
                Merge(_random.Next(10));
                break;
            case < 96:
                Truncate();
                break;
            case < 97:
                _context.Restore(_context.Snapshot());
                break;
            default:
                MergeAll();
                break;
        }
    }

    public void Drain()
    {
        var batches = _logs.Where(_ => _logs.Length == 1 || _random.Next(3) != 0).Select(log => (Log: log, Bytes: NextBytes(log))).ToArray();
        if (batches.Length == 0)
        {
            return;
        }

        foreach (var (log, bytes) in batches)
        {
            _drainedAt[log].Add(_context.Log(log).NextOffset);
            _drainedBytes[log] += bytes;
        }

        _writer.Commit([.. batches.Select(b => _context.Batch(b.Log, length: (int)b.Bytes))]);
        _writer.Seal();
        _writer.SegmentId = 0;
        _compactor.Kinds = [JobKind.Drain];
        var job = _compactor.Acquire().Job;
        _compactor.Drain(job);
        _compactor.Complete(job);
    }

    public void MergeAll()
    {
        while (Merge(9))
        {
        }
    }

    /// <summary>Nothing is left that a merge would take.</summary>
    public void Settle()
    {
        RestartAll();
        _context.Trim();
        MergeAll();
    }

    /// <summary>Checks the bounds, and tells how near they are.</summary>
    public IEnumerable<string> Judge()
    {
        List<string> lines = [];
        for (var i = 0; i < _logs.Length; i++)
        {
            var log = _logs[i];
            var entries = _context.Entries(log);
            var live = entries.Length == 0 ? 0 : _drainedAt[log].Count(offset => offset >= entries[0].BaseOffset);
            var large = entries.Count(static e => e.Length >= MergeRuns.SmallBytes);
            var bound = _compactor.MergeEntriesMin + (3 * large) + (2 * Math.Sqrt(2 * live)) + 2;
            var amplification = (_drainedBytes[log] + _mergedBytes[log]) / (double)Math.Max(1, _drainedBytes[log]);
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"to 2^{_scales[i]} B: {entries.Length} entries, {large} of them large, of {live} drained ones (at most {bound:f0}); written {amplification:f2} times"));
            Assert.True(entries.Length <= bound, lines[^1]);
            Assert.True(amplification <= 2, lines[^1]);
        }

        return lines;
    }

    /// <summary>One merge: below 1 its compactor dies, below 2 the job fails, else it is done. False where there was none.</summary>
    private bool Merge(int fate)
    {
        _compactor.Kinds = [JobKind.Merge];
        if (_compactor.Acquire().Job is not { } job)
        {
            return false;
        }

        if (fate == 0)
        {
            RestartAll();
            return true;
        }

        if (fate > 1)
        {
            Assert.All(_compactor.Drain(job).Reply.Accepted, Assert.True);
            foreach (var range in job.Ranges)
            {
                Assert.True(_mergedOnce.Add((range.LogId, range.Entry.BaseOffset)), "an entry is merged once");
                _mergedBytes[range.LogId] += range.Entry.Length;
            }
        }

        _compactor.Complete(job, failed: fate <= 1);
        _context.NowMs += fate == 1 ? 5_000 : 0;
        return true;
    }

    private void RestartAll()
    {
        _context.NowMs += TestCompactor.JobLeaseMs + 1;
        _context.ExpireDeadlines();
        _writer = _context.NewWriter("a", $"p{++_restarts}");
        _compactor.Epoch = _context.Register(NodeKind.Compactor, "c", $"p{_restarts}").Epoch;
    }

    private void Truncate()
    {
        var log = _logs[_random.Next(_logs.Length)];
        _context.DeleteRecords(log, _random.NextInt64(_context.Log(log).LogStartOffset, _context.Log(log).NextOffset + 1));
        _context.Trim();
    }

    private long NextBytes(long log) => 1L << _random.Next(6, _scales[Array.IndexOf(_logs, log)] + 1);
}
