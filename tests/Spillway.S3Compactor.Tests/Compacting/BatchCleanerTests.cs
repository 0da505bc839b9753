using System.Text;
using Spillway.Kafka.Records;
using Spillway.S3Compactor.Compacting;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>
/// Goal: what may go one day goes when KIP-534 says, counted from the first cleaning that saw it. Method: one batch, cleaned at several times.
/// </summary>
public sealed class BatchCleanerTests
{
    private const long DeleteRetentionMs = 1_000;
    private const long FirstCleaningMs = 50_000;
    private const long HorizonMs = FirstCleaningMs + DeleteRetentionMs;

    [Fact]
    public void A_tombstone_keeps_the_horizon_that_its_first_cleaning_set()
    {
        var first = Clean(Tombstone(), FirstCleaningMs);
        Assert.Equal(HorizonMs, HorizonOf(first));
        Assert.Equal(7, FirstRecord(first).TimestampMs);

        // Cleanings in between do not begin the wait anew; a key that goes beside it makes the batch be written again.
        var again = Clean(first, HorizonMs - 1, laterKeys: ["goes"]);
        Assert.Equal(1, HeaderOf(again).RecordCount);
        Assert.Equal(HorizonMs, HorizonOf(again));
        Assert.Equal(7, FirstRecord(again).TimestampMs);

        Assert.Equal(again, Clean(again, HorizonMs - 1));
        Assert.Empty(Clean(again, HorizonMs));
    }

    [Fact]
    public void A_marker_without_data_waits_for_the_horizon_that_its_first_cleaning_set()
    {
        var first = Clean(Marker(ControlRecordType.Commit), FirstCleaningMs);
        Assert.Equal(HorizonMs, HorizonOf(first));
        Assert.True(ControlBatch.TryRead(first, out var marker));
        Assert.Equal((ControlRecordType.Commit, 3L), (marker.Type, marker.Offset));

        Assert.Equal(first, Clean(first, HorizonMs - 1));
        Assert.Empty(Clean(first, HorizonMs));
    }

    [Fact]
    public void A_marker_with_data_stays_as_it_is()
    {
        var data = Data();
        var marker = Marker(ControlRecordType.Commit);
        var cleaner = Cleaner(FirstCleaningMs, []);
        Assert.Equal(data, cleaner.Clean(data, HeaderOf(data)).ToArray());
        Assert.Equal(marker, cleaner.Clean(marker, HeaderOf(marker)).ToArray());
    }

    [Fact]
    public void A_marker_whose_data_may_lie_further_up_stays_as_it_is()
    {
        var marker = Marker(ControlRecordType.Commit);
        Assert.Equal(marker, Cleaner(FirstCleaningMs, [], seesLogStart: false).Clean(marker, HeaderOf(marker)).ToArray());
    }

    [Fact]
    public void An_abort_marker_stays_for_as_long_as_metadata_tells_of_the_abort()
    {
        var marker = Marker(ControlRecordType.Abort);
        Assert.Equal(marker, Clean(marker, long.MaxValue));
    }

    private static byte[] Clean(byte[] batch, long nowMs, params string[] laterKeys) =>
        Cleaner(nowMs, laterKeys).Clean(batch, HeaderOf(batch)).ToArray();

    /// <summary>A cleaner that knows of records behind of some keys.</summary>
    private static BatchCleaner Cleaner(long nowMs, string[] laterKeys, bool seesLogStart = true)
    {
        var keys = new LastKeys(0, 1_000, new AbortedTransactions([]), long.MaxValue);
        var later = new RecordBatchBuilder { BaseOffset = 900 };
        later.Append(0, "other"u8.ToArray(), []);
        foreach (var key in laterKeys)
        {
            later.Append(0, Encoding.UTF8.GetBytes(key), []);
        }

        var batch = later.Build();
        Assert.True(keys.TryLearn(batch, HeaderOf(batch)));
        keys.Complete(isCut: false);
        return new BatchCleaner(
            keys, new CleaningRules(nowMs, DeleteRetentionMs, seesLogStart, new Dictionary<long, LastOfProducer>()));
    }

    private static byte[] Tombstone()
    {
        var builder = new RecordBatchBuilder();
        builder.Append(7, "stays"u8.ToArray(), null);
        builder.Append(8, "goes"u8.ToArray(), "v"u8.ToArray());
        return builder.Build();
    }

    private static byte[] Data()
    {
        var builder = new RecordBatchBuilder { ProducerId = 5, ProducerEpoch = 1, BaseSequence = 0, IsTransactional = true };
        builder.Append(7, "k"u8.ToArray(), "v"u8.ToArray());
        return builder.Build();
    }

    private static byte[] Marker(ControlRecordType type) =>
        ControlBatch.Build(new TransactionMarker { Type = type, Offset = 3, Timestamp = 9, ProducerId = 5, ProducerEpoch = 1 });

    private static RecordBatchHeader HeaderOf(byte[] batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch, out var header));
        return header;
    }

    private static long? HorizonOf(byte[] batch) =>
        HeaderOf(batch) is { HasDeleteHorizon: true } header ? header.BaseTimestamp : null;

    private static (string Key, long TimestampMs) FirstRecord(byte[] batch)
    {
        using var opened = OpenedRecordBatch.Open(batch);
        Assert.True(opened.Records.TryRead(out var record));
        return (Encoding.UTF8.GetString(record.Key), record.Timestamp);
    }
}
