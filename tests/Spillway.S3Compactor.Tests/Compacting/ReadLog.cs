using System.Text;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>What a consumer makes of a log from its start to its end, all records and, as Kafka's own does it, the committed ones alone.</summary>
internal sealed class ReadLog
{
    private readonly Queue<(long ProducerId, long FirstOffset, long LastOffset)> _aborted;
    private readonly HashSet<long> _skipped = [];

    private ReadLog(LogHistory log) => _aborted = new(log.Aborted.Where(a => a.LastOffset >= log.LogStartOffset).OrderBy(static a => a.FirstOffset));

    public List<HistoryRecord> All { get; } = [];

    public List<HistoryRecord> Committed { get; } = [];

    public List<RecordBatchHeader> Batches { get; } = [];

    public static ReadLog Of(LogHistory log)
    {
        var read = new ReadLog(log);
        var nextEntryOffset = log.Entries.Count > 0 ? log.Entries[0].BaseOffset : log.NextOffset;
        Assert.True(nextEntryOffset <= log.LogStartOffset);
        foreach (var entry in log.Entries)
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
                if (walk.Current.LastOffset >= log.LogStartOffset)
                {
                    read.Add(walk.CurrentBytes, walk.Current, log.LogStartOffset);
                }
            }

            Assert.Equal(RecordBatchError.None, walk.Error);
            Assert.Equal(entry.LastOffset + 1, nextOffset); // or a reader in its last gap would find nothing
        }

        Assert.Equal(log.NextOffset, nextEntryOffset);
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
