using System.Buffers;
using Spillway.Kafka.Records;

namespace Spillway.S3Compactor.Compacting;

/// <summary>
/// What is left of neighbouring index entries, which become one. It ends with a batch that ends where the last of them does, so that a reader in
/// the last gap finds one (an empty batch where nothing else is left there). Pure; one owner.
/// </summary>
internal sealed class CleanedRun(BatchCleaner cleaner)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private long _nextOffset;

    public long BaseOffset { get; private set; } = -1;

    public long LastOffset { get; private set; } = -1;

    public bool IsEmpty => BaseOffset < 0;

    /// <summary>Bytes that are left.</summary>
    public int LengthBytes => _bytes.WrittenCount;

    /// <summary>Bytes that there were.</summary>
    public long ReadBytes { get; private set; }

    /// <summary>Highest timestamp of a record that is left, in ms; −1: none is.</summary>
    public long MaxTimestamp { get; private set; } = RecordBatchLayout.NoTimestamp;

    /// <summary>Something is not as it was.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Goes on with the entry behind the last one, or begins with one.</summary>
    public void Begin(long baseOffset, long lastOffset)
    {
        if (IsEmpty)
        {
            BaseOffset = _nextOffset = baseOffset;
        }

        LastOffset = lastOffset;
    }

    /// <summary>Cleans some batches of the entry.</summary>
    /// <exception cref="CorruptRecordException">They are no batches, or one cannot be read.</exception>
    public void Add(ReadOnlySpan<byte> batches)
    {
        ReadBytes += batches.Length;
        var walk = new RecordBatchEnumerator(batches);
        while (walk.MoveNext())
        {
            var header = walk.Current;
            var left = cleaner.Clean(walk.CurrentBytes, header);
            // A cover that will be made again is no change.
            var isCover = left.IsEmpty && header is { RecordCount: 0, HasProducerId: false } && header.LastOffset == LastOffset;
            IsChanged |= !isCover && !left.SequenceEqual(walk.CurrentBytes);
            if (!left.IsEmpty)
            {
                _bytes.Write(left);
                _nextOffset = header.NextOffset;
                Note(left);
            }
        }

        if (walk.Error != RecordBatchError.None)
        {
            throw new CorruptRecordException(walk.Error, $"What lies behind offset {_nextOffset} is no record batch");
        }
    }

    /// <summary>Only a record can be found by its time.</summary>
    private void Note(ReadOnlySpan<byte> left)
    {
        if (RecordBatchHeader.TryRead(left, out var header) && header.RecordCount > 0)
        {
            MaxTimestamp = Math.Max(MaxTimestamp, header.MaxTimestamp);
        }
    }

    /// <summary>The bytes, the last gap covered. Nothing is added after this.</summary>
    public ReadOnlyMemory<byte> Complete()
    {
        while (_nextOffset <= LastOffset)
        {
            var last = Math.Min(LastOffset, _nextOffset + EmptyBatch.OffsetsMax - 1);
            EmptyBatch.Write(_bytes.GetSpan(EmptyBatch.BatchBytes), _nextOffset, last);
            _bytes.Advance(EmptyBatch.BatchBytes);
            _nextOffset = last + 1;
        }

        return _bytes.WrittenMemory;
    }
}
