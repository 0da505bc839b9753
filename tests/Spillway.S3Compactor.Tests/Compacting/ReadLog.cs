using System.Text;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>What a consumer makes of a log from its start to its end, all records and, as Kafka's own does it, the committed ones alone.</summary>
internal sealed class ReadLog
{
    private readonly Queue<(long ProducerId, long FirstOffset, long LastOffset)> _aborted;
    private readonly HashSet<long> _skipped = [];

    private ReadLog(IEnumerable<(long ProducerId, long FirstOffset, long LastOffset)> aborted) =>
        _aborted = new(aborted.OrderBy(static a => a.FirstOffset));

    public List<HistoryRecord> All { get; } = [];

    public List<HistoryRecord> Committed { get; } = [];

    public List<RecordBatchHeader> Batches { get; } = [];

    public static ReadLog Of(LogHistory log)
    {
        var read = Of(log.Entries, log.LogStartOffset, log.Aborted);
        Assert.Equal(log.NextOffset, log.Entries.Count > 0 ? log.Entries[^1].LastOffset + 1 : log.LogStartOffset);
        return read;
    }

    /// <summary>The same of entries that reach from the log's start as far as they do.</summary>
    public static ReadLog Of(
        IReadOnlyList<LogEntry> entries, long logStartOffset, IEnumerable<(long ProducerId, long FirstOffset, long LastOffset)> aborted)
    {
        var read = new ReadLog(aborted.Where(a => a.LastOffset >= logStartOffset));
        var nextEntryOffset = entries.Count > 0 ? entries[0].BaseOffset : logStartOffset;
        Assert.True(nextEntryOffset <= logStartOffset);
        foreach (var entry in entries)
        {
            Assert.Equal(nextEntryOffset, entry.BaseOffset);
            nextEntryOffset = entry.LastOffset + 1;
            var walk = new RecordBatchEnumerator(entry.Bytes);
            var nextOffset = entry.BaseOffset;
            while (walk.MoveNext())
            {
                Assert.True(RecordBatchBytes.CrcIsValid(walk.CurrentBytes));
                Assert.True(walk.Current.BaseOffset >= nextOffset, "batches are in order and do not overlap");
                nextOffset = walk.Current.NextOffset;
                if (walk.Current.LastOffset >= logStartOffset)
                {
                    read.Add(walk.CurrentBytes, walk.Current, logStartOffset);
                }
            }

            Assert.Equal(RecordBatchError.None, walk.Error);
            Assert.Equal(entry.LastOffset + 1, nextOffset); // or a reader in its last gap would find nothing
        }

        return read;
    }

    private void Add(ReadOnlySpan<byte> batch, in RecordBatchHeader header, long logStartOffset)
    {
        Batches.Add(header);
        while (_aborted.TryPeek(out var next) && next.FirstOffset <= header.LastOffset)
        {
            _skipped.Add(_aborted.Dequeue().ProducerId);
        }

        if (header.IsControl)
        {
            Assert.True(ControlBatch.TryRead(batch, out var marker));
            if (marker.Type == ControlRecordType.Abort)
            {
                _skipped.Remove(header.ProducerId);
            }

            return;
        }

        using var opened = OpenedRecordBatch.Open(batch);
        var records = opened.Records;
        while (records.TryRead(out var record))
        {
            if (record.Offset < logStartOffset)
            {
                continue;
            }

            Assert.Equal(1, record.Headers.Count);
            var copy = new HistoryRecord(
                record.Offset,
                record.HasKey ? Encoding.UTF8.GetString(record.Key) : null,
                record.HasValue ? Encoding.UTF8.GetString(record.Value) : null,
                record.Timestamp);
            All.Add(copy);
            if (!header.IsTransactional || !_skipped.Contains(header.ProducerId))
            {
                Committed.Add(copy);
            }
        }

        Assert.Equal(RecordBatchError.None, records.Error);
    }
}
