using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Tests.Transactions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.LogCompaction;

/// <summary>Which log is given to a compactor when, what of it, and what is known of it afterwards.</summary>
public sealed class LogCompactionTests
{
    private readonly TransactionContext _transactions = new();
    private readonly StateContext _context;
    private readonly TestCompactor _compactor;
    private readonly LogToClean _rules;
    private readonly long _log;

    public LogCompactionTests()
    {
        _context = _transactions.Base;
        _log = _context.CreateTopic()[0];
        _compactor = _context.NewCompactor();
        _compactor.Kinds = [JobKind.Drain, JobKind.Compact, JobKind.Merge];
        _rules = new LogToClean { LogId = _log, MinRatio = 0.5, MaxLagMs = long.MaxValue, DeleteRetentionMs = 7, KeyBytesMax = 8, BytesPerSecond = 9 };
        _compactor.LogsToClean.Add(_rules);
    }

    [Fact]
    public void A_dirty_log_is_cleaned_from_its_start_to_its_end()
    {
        AddEntries(3);

        var job = Acquire()!;

        var cleaning = job.Cleaning;
        Assert.Equal((_log, 0, 3, 0, 3), (cleaning.LogId, cleaning.CleanedOffset, cleaning.PassEnd, cleaning.NextOffset, cleaning.CleanEnd));
        Assert.Equal((true, _context.NowMs), (cleaning.SeesLogStart, cleaning.NowMs));
        Assert.Equal((7, 8, 9), (cleaning.DeleteRetentionMs, cleaning.KeyBytesMax, cleaning.BytesPerSecond));
        Assert.Equal([0, 1, 2], job.Ranges.Select(static range => range.Entry.BaseOffset));
        Assert.All(job.Ranges, range => Assert.Equal(_context.Log(_log).RewriteVersion, range.RewriteVersion));
        Assert.Equal(job.Ranges.Select(static range => range.Entry.ContainerId), job.Containers.Select(static container => container.ContainerId));
    }

    [Fact]
    public void What_is_dirty_enough_counts_in_bytes_and_only_more_than_the_ratio_does()
    {
        AddEntries(3);
        CleanAll();
        Assert.Null(Acquire());

        AddEntries(1);
        _rules.MinRatio = 0.25;
        Assert.Null(Acquire());

        _rules.MinRatio = 0.249;
        var cleaning = Acquire()!.Cleaning;
        Assert.Equal((3, 4), (cleaning.CleanedOffset, cleaning.PassEnd));
    }

    [Fact]
    public void What_has_waited_for_the_greatest_lag_is_cleaned_however_little_it_is()
    {
        AddEntries(3);
        CleanAll();
        _rules.MinRatio = 1;
        _rules.MaxLagMs = 1_000;
        AddEntries(1, timestamp: _context.NowMs);

        _context.NowMs += 1_000;
        Assert.Null(Acquire());

        _context.NowMs++;
        Assert.NotNull(Acquire());
    }

    [Fact]
    public void Records_younger_than_the_least_lag_and_all_behind_them_wait()
    {
        _rules.MinLagMs = 1_000;
        AddEntries(2, timestamp: _context.NowMs - 1_000);
        AddEntries(1, timestamp: _context.NowMs);
        AddEntries(1, timestamp: 0);

        Assert.Equal(2, Acquire()!.Cleaning.PassEnd);
    }

    [Fact]
    public void The_wal_and_open_transactions_are_not_cleaned_and_what_was_aborted_is_named()
    {
        var producer = _transactions.Init("a");
        Assert.Equal(0, (int)_transactions.AddPartitions("a", producer.ProducerId, producer.ProducerEpoch, _log).ErrorCodes[0]);
        _transactions.Produce(_log, producer.ProducerId, producer.ProducerEpoch, 0, version: 1, id: "a");
        _transactions.ProducePlain(_log);
        _transactions.End("a", producer.ProducerId, producer.ProducerEpoch, commit: false, version: 1);
        AddEntries(1);
        var end = _context.Log(_log).NextOffset;
        var open = _transactions.Init("b");
        _transactions.Produce(_log, open.ProducerId, open.ProducerEpoch, 0, version: 2, id: "b");
        AddEntries(1);
        _transactions.ProducePlain(_log);

        var cleaning = Acquire()!.Cleaning;

        var aborted = Assert.Single(cleaning.Aborted);
        Assert.Equal((producer.ProducerId, 0L, _context.Log(_log).Aborted.LastOffset), (aborted.ProducerId, aborted.FirstOffset, aborted.LastOffset));
        Assert.True(cleaning.PassEnd <= end, $"{cleaning.PassEnd} lies behind {end}, where a transaction is open");
        var last = Assert.Single(cleaning.LastBatches);
        Assert.Equal((producer.ProducerId, producer.ProducerEpoch, 0L), (last.ProducerId, last.ProducerEpoch, last.BaseOffset));
    }

    [Fact]
    public void A_pass_goes_on_where_it_stopped_and_takes_in_nothing_new()
    {
        AddEntries(3);
        var job = Acquire()!;
        _compactor.Complete(job, cleaned: new CleaningProgress { PassEnd = 2, NextOffset = 1 });
        AddEntries(1);
        _rules.MinRatio = 1;
        _context.Restore(_context.Snapshot());

        var next = Acquire()!;

        Assert.Equal((0, 2, 1, 2), (next.Cleaning.CleanedOffset, next.Cleaning.PassEnd, next.Cleaning.NextOffset, next.Cleaning.CleanEnd));
        Assert.False(next.Cleaning.SeesLogStart);
        Assert.Equal([0, 1], next.Ranges.Select(static range => range.Entry.BaseOffset));
        _compactor.Complete(next, cleaned: new CleaningProgress { PassEnd = 2, NextOffset = 2 });
        Assert.Equal((2, 0), (_context.Log(_log).Cleaning!.CleanedOffset, _context.Log(_log).Cleaning!.PassEnd));
    }

    [Fact]
    public void Jobs_without_progress_wait_twice_as_long_each_time()
    {
        AddEntries(3);
        _compactor.Complete(Acquire()!, failed: true);
        Assert.Null(Acquire());
        _context.NowMs += 5_000;

        _compactor.Complete(Acquire()!, failed: true, cleaned: new CleaningProgress { PassEnd = 3, NextOffset = 0 });
        _context.NowMs += 9_999;
        _context.Restore(_context.Snapshot());
        Assert.Null(Acquire());
        _context.NowMs++;

        // With some the next one follows at once.
        _compactor.Complete(Acquire()!, failed: true, cleaned: new CleaningProgress { PassEnd = 3, NextOffset = 1 });
        Assert.Equal(1, Acquire()!.Cleaning.NextOffset);
    }

    [Fact]
    public void A_log_is_in_one_hand_and_free_again_some_time_after_that_is_lost()
    {
        AddEntries(3);
        var job = Acquire()!;
        var other = _context.NewCompactor("d");
        (other.Kinds, other.MergeBytesTarget, other.MergeEntriesMin) = (_compactor.Kinds, 16 << 20, 2);
        other.LogsToClean.Add(_rules);
        Assert.Null(other.Acquire().Job);
        _context.Restore(_context.Snapshot());
        Assert.Null(other.Acquire().Job);

        _context.NowMs += TestCompactor.JobLeaseMs + 1;
        _context.Register(NodeKind.Compactor, "d");
        other.Epoch = _context.State.Nodes.Find(NodeKind.Compactor, other.Id)!.Epoch;
        other.MergeBytesTarget = 0;
        _context.State.Jobs.ExpireLeases();
        Assert.Null(other.Acquire().Job);
        _context.NowMs += 5_000;

        Assert.Equal(JobKind.Compact, other.Acquire().Job.Kind);
        Assert.True(_compactor.Complete(job, cleaned: new CleaningProgress { PassEnd = 3, NextOffset = 3 }).Lost);
        Assert.Equal(0, _context.Log(_log).Cleaning!.CleanedOffset);
    }

    [Fact]
    public void What_is_deleted_below_the_log_start_is_nothing_to_clean()
    {
        AddEntries(4);
        _compactor.Complete(Acquire()!, cleaned: new CleaningProgress { PassEnd = 4, NextOffset = 1 });
        _context.DeleteRecords(_log, 2);

        var job = Acquire()!;
        Assert.Equal((2, 4, 2), (job.Cleaning.CleanedOffset, job.Cleaning.PassEnd, job.Cleaning.NextOffset));
        Assert.True(job.Cleaning.SeesLogStart);
        _context.DeleteTopic("t");
        Assert.False(_compactor.Complete(job, cleaned: new CleaningProgress { PassEnd = 4, NextOffset = 4 }).Lost);
        Assert.Null(Acquire());
    }

    [Fact]
    public void More_entries_than_a_job_takes_are_cleaned_by_several_and_the_keys_are_those_learned()
    {
        for (var i = 0; i < CleaningPlan.EntriesMax + 2; i++)
        {
            _transactions.ProducePlain(_log);
        }

        _transactions.Seal();
        var drain = Acquire()!;
        var prepared = _compactor.Prepare(drain);
        _compactor.Commit(prepared.ObjectId, [.. drain.Ranges.Select(static range => TestCompactor.ToRange(range))]);
        _compactor.Complete(drain);

        var cleaning = Acquire()!.Cleaning;

        Assert.Equal((CleaningPlan.EntriesMax, CleaningPlan.EntriesMax), (cleaning.PassEnd, cleaning.CleanEnd));
    }

    /// <summary>Adds entries of 100 bytes and one record, each in an object of its own.</summary>
    private void AddEntries(int count, long timestamp = 0)
    {
        for (var i = 0; i < count; i++)
        {
            _transactions.ProducePlain(_log, timestamp);
            _transactions.Seal();
            for (var kinds = _compactor.Kinds; ; _compactor.Kinds = kinds)
            {
                _compactor.Kinds = [JobKind.Drain];
                if (_compactor.Acquire().Job is not { } drain)
                {
                    _compactor.Kinds = kinds;
                    break;
                }

                _compactor.Drain(drain);
                _compactor.Complete(drain);
            }
        }
    }

    private void CleanAll()
    {
        var job = Acquire()!;
        _compactor.Complete(job, cleaned: new CleaningProgress { PassEnd = job.Cleaning.PassEnd, NextOffset = job.Cleaning.CleanEnd });
    }

    private Job? Acquire() => _compactor.Acquire().Job;
}
