using Spillway.Metadata.Retention;
using Spillway.Metadata.Tests.Transactions;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Retention;

/// <summary>What retention takes away, and what it leaves.</summary>
public sealed class RecordRetentionTests
{
    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly long _log;

    public RecordRetentionTests()
    {
        _writer = _context.NewWriter();
        _log = _context.CreateTopic()[0];
    }

    [Fact]
    public void What_is_older_than_the_retention_goes_and_what_is_as_old_stays()
    {
        Append(timestamp: _context.NowMs - 1_001, records: 3);
        Append(timestamp: _context.NowMs - 1_000, records: 2);

        var expired = Expire(retentionMs: 1_000);

        Assert.Equal(new ExpiredRecords(3, IsComplete: true), expired);
        Assert.Equal((3, 5), (_context.Log(_log).LogStartOffset, _context.Log(_log).NextOffset));
        _context.Trim();
        Assert.Single(_context.Entries(_log));
    }

    [Fact]
    public void The_first_entry_that_stays_keeps_older_ones_behind_it()
    {
        Append(timestamp: _context.NowMs);
        Append(timestamp: 1);

        Assert.Equal(0, Expire(retentionMs: 1_000).Offsets);
    }

    [Fact]
    public void Everything_may_go_and_offsets_go_on()
    {
        Append(timestamp: 1);
        Append(timestamp: 2);

        Assert.Equal(2, Expire(retentionMs: 0).Offsets);
        Assert.Equal((2, 2), (_context.Log(_log).LogStartOffset, _context.Log(_log).HighWatermark));
        _context.Trim();
        Assert.Empty(_context.Entries(_log));
        Append(timestamp: 3);
        Assert.Equal(2, _context.Entries(_log)[0].BaseOffset);
    }

    [Theory]
    [InlineData(300, 0)]
    [InlineData(299, 0)]
    [InlineData(201, 0)]
    [InlineData(200, 1)]
    [InlineData(101, 1)]
    [InlineData(0, 3)]
    [InlineData(-1, 0)]
    public void As_much_stays_as_the_retention_says_and_no_entry_is_cut(long retentionBytes, long offsets)
    {
        for (var i = 0; i < 3; i++)
        {
            Append(timestamp: _context.NowMs, length: 100);
        }

        Assert.Equal(offsets, Expire(retentionBytes: retentionBytes).Offsets);
    }

    [Fact]
    public void Bytes_below_the_log_start_are_counted_as_gone_before_they_are_trimmed()
    {
        for (var i = 0; i < 4; i++)
        {
            Append(timestamp: _context.NowMs, length: 100);
        }

        Expire(retentionBytes: 200);

        Assert.Equal(0, Expire(retentionBytes: 200).Offsets);
        Assert.Equal(2, _context.Log(_log).LogStartOffset);
    }

    [Fact]
    public void What_has_no_timestamp_goes_with_what_follows_it()
    {
        Append(timestamp: -1);
        Assert.Equal(0, Expire(retentionMs: 1_000).Offsets);

        Append(timestamp: 1);
        Append(timestamp: -1);

        Assert.Equal(2, Expire(retentionMs: 1_000).Offsets);
    }

    [Fact]
    public void A_command_stops_at_its_bound_and_says_so()
    {
        for (var i = 0; i < 10; i++)
        {
            Append(timestamp: 1);
        }

        Assert.Equal(new ExpiredRecords(4, IsComplete: false), Expire(retentionMs: 1, entriesMax: 4));
        _context.Trim();
        Assert.Equal(new ExpiredRecords(6, IsComplete: true), Expire(retentionMs: 1, entriesMax: 100));
    }

    [Fact]
    public void A_log_that_is_gone_is_passed_over()
    {
        Append(timestamp: 1);
        _context.DeleteTopic("t");

        Assert.Equal(0, Expire(retentionMs: 1).Offsets);
    }

    [Fact]
    public void What_a_snapshot_brought_back_expires_alike()
    {
        Append(timestamp: 1);
        Append(timestamp: _context.NowMs);
        _context.Restore(_context.Snapshot());

        Assert.Equal(1, Expire(retentionMs: 1_000).Offsets);
        Assert.Equal(1, _context.Log(_log).LogStartOffset);
    }

    [Fact]
    public void An_open_transaction_is_kept_until_it_ends()
    {
        var context = new TransactionContext();
        var log = context.Base.CreateTopic()[0];
        context.ProducePlain(log);
        var producer = context.Init();
        context.Produce(producer, log, sequence: 0, version: 2);
        context.ProducePlain(log);

        Assert.Equal(1, Expire(context.Base, log, retentionMs: 0).Offsets);
        context.End(producer, commit: true, version: 2);
        context.Base.NowMs++;

        Assert.Equal(3, Expire(context.Base, log, retentionMs: 0).Offsets);
    }

    private void Append(long timestamp, int records = 1, int length = 100) =>
        _writer.CommitOne(_context.Batch(_log, records, length, timestamp: timestamp));

    private ExpiredRecords Expire(long retentionMs = -1, long retentionBytes = -1, int entriesMax = 1_000) =>
        Expire(_context, _log, retentionMs, retentionBytes, entriesMax);

    private static ExpiredRecords Expire(
        StateContext context, long log, long retentionMs = -1, long retentionBytes = -1, int entriesMax = 1_000) =>
        context.Apply<ExpiredRecords>(new Command
        {
            ExpireRecords = new ExpireRecords
            {
                EntriesMax = entriesMax,
                Logs = { new LogRetention { LogId = log, RetentionMs = retentionMs, RetentionBytes = retentionBytes } },
            },
        });
}
