using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using static Spillway.Storage.Objects.Format.ObjectFormat;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// Builds one object out of record batches, in memory and without copying them: batches stay in the buffers they were read into, get their
/// base offsets in place, and are handed to the store as pieces. One owner; not thread-safe. Holds its buffers until disposed, which is
/// after the put.
/// </summary>
public sealed class ObjectWriter : IDisposable
{
    private readonly long _objectId;
    private readonly ObjectKind _kind;
    private readonly int _dataBlockBytesTarget;
    private readonly List<SharedBuffer> _buffers = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly List<DataBlockEntry> _closed = [];
    private readonly List<ObjectExtent> _extents = [];
    private DataBlockEntry _open;
    private bool _isComplete;

    /// <summary>Begins an object under the id that metadata gave for it.</summary>
    public ObjectWriter(long objectId, ObjectKind kind, int dataBlockBytesTarget = DataBlockBytesTarget)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dataBlockBytesTarget);
        _objectId = objectId;
        _kind = kind;
        _dataBlockBytesTarget = dataBlockBytesTarget;
    }

    /// <summary>Bytes of batches so far.</summary>
    public long DataBytes { get; private set; }

    /// <summary>
    /// What the object holds so far, one for each run of consecutive offsets of a log: what a commit names.
    /// </summary>
    public IReadOnlyList<ObjectExtent> Extents => _extents;

    /// <summary>
    /// Appends whole batches that take the offsets from <paramref name="baseOffset"/> to <paramref name="lastOffset"/>, in order and without a
    /// gap. Logs come in ascending order, and offsets within a log. All is verified before anything is changed; then the base offsets are
    /// set in the buffer, to which a reference is kept.
    /// </summary>
    /// <exception cref="CorruptBatchException">The bytes are not those batches; the object is as it was.</exception>
    public void Append(LogId logId, long baseOffset, long lastOffset, SharedBuffer buffer, int start, int lengthBytes)
    {
        var batches = Check(logId, baseOffset, buffer, start, lengthBytes);
        Verify(batches, baseOffset, lastOffset);
        var offset = baseOffset;
        for (var walk = new BatchWalk(batches); walk.MoveNext(); offset += walk.Header.LastOffsetDelta + 1L)
        {
            RecordBatchBytes.SetBaseOffset(batches[walk.Start..], offset);
        }

        Take(new ObjectExtent(logId, baseOffset, lastOffset, long.MinValue, DataBytes, lengthBytes), buffer, start);
    }

    /// <summary>
    /// Appends whole batches that have their offsets already, as log compaction leaves them: in order, the first at or above
    /// <paramref name="baseOffset"/>, the last ending at <paramref name="lastOffset"/>, and between them gaps. That something ends where the
    /// extent does is what lets a reader in its last gap go on.
    /// </summary>
    /// <exception cref="CorruptBatchException">The bytes are not those batches; the object is as it was.</exception>
    public void AppendPlaced(LogId logId, long baseOffset, long lastOffset, SharedBuffer buffer, int start, int lengthBytes)
    {
        var batches = Check(logId, baseOffset, buffer, start, lengthBytes);
        VerifyPlaced(batches, baseOffset, lastOffset);
        Take(new ObjectExtent(logId, baseOffset, lastOffset, long.MinValue, DataBytes, lengthBytes), buffer, start);
    }

    /// <summary>
    /// Adds index and footer and gives the whole object. The payload's memory is this writer's: it is valid until the writer is disposed.
    /// </summary>
    public ObjectPayload Complete(BufferPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ThrowIfComplete();
        _isComplete = true;
        CloseBlock();
        var indexBytes = _closed.Count * IndexEntryBytes;
        var end = pool.Rent(indexBytes + FooterBytes);
        _buffers.Add(end);
        for (var i = 0; i < _closed.Count; i++)
        {
            _closed[i].Write(end.Span[(i * IndexEntryBytes)..]);
        }

        var indexCrc = Crc32C.Compute(end.Span[..indexBytes]);
        new ObjectFooter(_kind, _objectId, _closed.Count, DataBytes, indexBytes, indexCrc).Write(end.Span[indexBytes..]);
        _pieces.Add(end.Memory);
        return ObjectPayload.FromPieces(_pieces);
    }

    /// <summary>Releases the buffers.</summary>
    public void Dispose()
    {
        foreach (var buffer in _buffers)
        {
            buffer.Release();
        }

        _buffers.Clear();
        _isComplete = true;
    }

    private Span<byte> Check(LogId logId, long baseOffset, SharedBuffer buffer, int start, int lengthBytes)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ThrowIfComplete();
        ThrowIfOutOfOrder(logId, baseOffset);
        return buffer.Span.Slice(start, lengthBytes);
    }

    /// <summary>Takes over verified batches whose base offsets are in place.</summary>
    private void Take(ObjectExtent extent, SharedBuffer buffer, int start)
    {
        buffer.AddRef();
        _buffers.Add(buffer);
        _pieces.Add(buffer.Memory.Slice(start, (int)extent.LengthBytes));
        var batches = buffer.Span.Slice(start, (int)extent.LengthBytes);
        if (!ContinuesLast(extent))
        {
            CloseBlock(); // no block lies in two extents
        }

        var nextOffset = extent.BaseOffset;
        for (var walk = new BatchWalk(batches); walk.MoveNext(); nextOffset = walk.Header.NextOffset)
        {
            var batch = batches.Slice(walk.Start, walk.LengthBytes);
            RecordBatchBytes.SetPartitionLeaderEpoch(batch, 0);
            AddToBlock(extent.LogId, nextOffset, walk.Header, batch);
            extent = extent with { MaxTimestamp = Math.Max(extent.MaxTimestamp, walk.Header.MaxTimestamp) };
        }

        AddExtent(extent);
    }

    private static void VerifyPlaced(ReadOnlySpan<byte> batches, long baseOffset, long lastOffset)
    {
        var nextOffset = baseOffset;
        for (var walk = new BatchWalk(batches); walk.MoveNext(); nextOffset = walk.Header.NextOffset)
        {
            if (!RecordBatchBytes.CrcIsValid(walk.Batch))
            {
                throw new CorruptBatchException($"The record batch at byte {walk.Start} has a wrong checksum.");
            }

            if (walk.Header.BaseOffset < nextOffset)
            {
                throw new CorruptBatchException($"The record batch at byte {walk.Start} begins below offset {nextOffset}.");
            }
        }

        if (nextOffset != lastOffset + 1)
        {
            throw new CorruptBatchException($"The record batches end at offset {nextOffset - 1}, not at {lastOffset}.");
        }
    }

    private static void Verify(ReadOnlySpan<byte> batches, long baseOffset, long lastOffset)
    {
        var offset = baseOffset;
        for (var walk = new BatchWalk(batches); walk.MoveNext();)
        {
            if (!RecordBatchBytes.CrcIsValid(walk.Batch))
            {
                throw new CorruptBatchException($"The record batch at byte {walk.Start} has a wrong checksum.");
            }

            offset += walk.Header.LastOffsetDelta + 1L;
        }

        if (offset != lastOffset + 1)
        {
            throw new CorruptBatchException($"The record batches take offsets {baseOffset} to {offset - 1}, not to {lastOffset}.");
        }
    }

    /// <summary>A gap before a block's first batch is the block's: whoever has the objects alone sees extents as they were committed.</summary>
    private void AddToBlock(LogId logId, long blockBaseOffset, in RecordBatchHeader header, ReadOnlySpan<byte> batch)
    {
        if (_open.SizeBytes == 0 || _open.SizeBytes + batch.Length > _dataBlockBytesTarget)
        {
            CloseBlock();
            _open = new DataBlockEntry(logId, blockBaseOffset, 0, DataBytes, 0, 0, long.MinValue, 0);
        }

        _open = _open with
        {
            LastOffset = header.LastOffset,
            SizeBytes = _open.SizeBytes + batch.Length,
            RecordCount = _open.RecordCount + header.RecordCount,
            MaxTimestamp = Math.Max(_open.MaxTimestamp, header.MaxTimestamp),
            Crc32C = Crc32C.Append(_open.Crc32C, batch),
        };
        DataBytes += batch.Length;
    }

    private void CloseBlock()
    {
        if (_open.SizeBytes > 0)
        {
            _closed.Add(_open);
        }

        _open = default;
    }

    private void AddExtent(in ObjectExtent extent)
    {
        if (ContinuesLast(extent))
        {
            var last = _extents[^1];
            _extents[^1] = last with
            {
                LastOffset = extent.LastOffset,
                MaxTimestamp = Math.Max(last.MaxTimestamp, extent.MaxTimestamp),
                LengthBytes = last.LengthBytes + extent.LengthBytes,
            };
            return;
        }

        _extents.Add(extent);
    }

    private bool ContinuesLast(in ObjectExtent extent) =>
        _extents.Count > 0 && _extents[^1] is var last && last.LogId == extent.LogId && last.LastOffset + 1 == extent.BaseOffset;

    private void ThrowIfComplete()
    {
        if (_isComplete)
        {
            throw new InvalidOperationException("The object is complete.");
        }
    }

    private void ThrowIfOutOfOrder(LogId logId, long baseOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(logId.Value);
        ArgumentOutOfRangeException.ThrowIfNegative(baseOffset);
        if (_extents.Count > 0 && _extents[^1] is var last
            && (logId.Value < last.LogId.Value || (logId == last.LogId && baseOffset <= last.LastOffset)))
        {
            throw new ArgumentException($"{logId} from offset {baseOffset} comes after {last.LogId} to offset {last.LastOffset}.");
        }
    }
}
