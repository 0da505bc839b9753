using System.Buffers;
using System.Text;
using Spillway.Kafka.Compression;
using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// Builds one batch: append records, then <see cref="Build"/>. For log compaction, tools and tests; what clients produce
/// is never rebuilt. One owner, not thread-safe; <see cref="Reset"/> starts the next batch on the same memory.
/// </summary>
public sealed class RecordBatchBuilder
{
    private readonly ArrayBufferWriter<byte> _records = new();
    private readonly ArrayBufferWriter<byte> _compressed = new();
    private long _baseTimestamp = NoTimestamp;
    private long _maxTimestamp = NoTimestamp;
    private long _lastOffset = -1;

    /// <summary>Offset of the first record; what producers send has zero.</summary>
    public long BaseOffset { get; init; }

    /// <summary>Leader epoch to write; producers send −1, our log has 0.</summary>
    public int PartitionLeaderEpoch { get; init; } = -1;

    /// <summary>Codec of the records.</summary>
    public CompressionType CompressionType { get; init; }

    /// <summary>Level on the codec's own scale; null for its default.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>Who sets the timestamps; with log append time <see cref="Build"/> takes the time.</summary>
    public TimestampType TimestampType { get; init; }

    /// <summary>Producer id or −1.</summary>
    public long ProducerId { get; init; } = NoProducerId;

    /// <summary>Producer epoch or −1.</summary>
    public short ProducerEpoch { get; init; } = NoProducerEpoch;

    /// <summary>Sequence number of the first record or −1.</summary>
    public int BaseSequence { get; init; } = NoSequence;

    /// <summary>Whether the batch belongs to a transaction.</summary>
    public bool IsTransactional { get; init; }

    /// <summary>Whether the records are control records.</summary>
    public bool IsControl { get; init; }

    /// <summary>
    /// When the batch's tombstones, or the marker that it is, may go (KIP-534), in ms; null where none was set. It takes the place of the base
    /// timestamp: the records keep theirs by other deltas.
    /// </summary>
    public long? DeleteHorizonMs { get; init; }

    /// <summary>How many records were appended.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Bytes of the batch so far, before compression.</summary>
    public int UncompressedBytes => HeaderBytes + _records.WrittenCount;

    /// <summary>Appends a record at the next offset.</summary>
    public void Append(long timestampMs, byte[]? key, byte[]? value, params ReadOnlySpan<RecordHeader> headers)
    {
        var encoded = new ArrayBufferWriter<byte>();
        foreach (var header in headers)
        {
            VarintWriter.WriteBytes(encoded, isNull: false, Encoding.UTF8.GetBytes(header.Key));
            VarintWriter.WriteBytes(encoded, header.Value is null, header.Value);
        }

        Append(new Record
        {
            Offset = RecordCount == 0 ? BaseOffset : _lastOffset + 1,
            Timestamp = timestampMs,
            HasKey = key is not null,
            Key = key,
            HasValue = value is not null,
            Value = value,
            Headers = new RecordHeaders(headers.Length, encoded.WrittenSpan),
        });
    }

    /// <summary>Appends a copy of <paramref name="record"/> at its own offset, which must lie behind the last one's.</summary>
    public void Append(in Record record)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(record.Offset, RecordCount == 0 ? BaseOffset : _lastOffset + 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(record.Offset - BaseOffset, int.MaxValue);
        if (RecordCount == 0)
        {
            _baseTimestamp = DeleteHorizonMs ?? record.Timestamp;
        }

        var timestampDelta = unchecked(record.Timestamp - _baseTimestamp);
        var offsetDelta = record.Offset - BaseOffset;
        VarintWriter.Write(_records, SizeOfBody(record, timestampDelta, offsetDelta));
        _records.GetSpan(1)[0] = 0; // attributes: none are in use
        _records.Advance(1);
        VarintWriter.Write(_records, timestampDelta);
        VarintWriter.Write(_records, offsetDelta);
        VarintWriter.WriteBytes(_records, !record.HasKey, record.Key);
        VarintWriter.WriteBytes(_records, !record.HasValue, record.Value);
        VarintWriter.Write(_records, record.Headers.Count);
        _records.Write(record.Headers.Encoded);

        _maxTimestamp = Math.Max(_maxTimestamp, record.Timestamp);
        _lastOffset = record.Offset;
        RecordCount++;
    }

    /// <summary>The finished batch.</summary>
    /// <param name="appendTimeMs">The append time, where <see cref="TimestampType"/> asks for one.</param>
    /// <param name="lastOffset">The offset the batch ends at, where log compaction removed what was behind the last record.</param>
    public byte[] Build(long appendTimeMs = NoTimestamp, long? lastOffset = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(RecordCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(lastOffset ?? _lastOffset, _lastOffset);
        var records = _records;
        if (CompressionType != CompressionType.None)
        {
            _compressed.ResetWrittenCount();
            Codecs.Compress(CompressionType, _records.WrittenSpan, _compressed, CompressionLevel);
            records = _compressed;
        }

        var batch = new byte[HeaderBytes + records.WrittenCount];
        records.WrittenSpan.CopyTo(batch.AsSpan(HeaderBytes));
        new RecordBatchHeader
        {
            BaseOffset = BaseOffset,
            BatchLength = batch.Length - LogOverheadBytes,
            PartitionLeaderEpoch = PartitionLeaderEpoch,
            Magic = CurrentMagic,
            Attributes = (short)((int)CompressionType
                | (TimestampType == TimestampType.LogAppendTime ? TimestampTypeMask : 0)
                | (IsTransactional ? TransactionalMask : 0)
                | (IsControl ? ControlMask : 0)
                | (DeleteHorizonMs is null ? 0 : DeleteHorizonMask)),
            LastOffsetDelta = checked((int)((lastOffset ?? _lastOffset) - BaseOffset)),
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = TimestampType == TimestampType.LogAppendTime ? appendTimeMs : _maxTimestamp,
            ProducerId = ProducerId,
            ProducerEpoch = ProducerEpoch,
            BaseSequence = BaseSequence,
            RecordCount = RecordCount,
        }.Write(batch);
        RecordBatchBytes.SetCrc(batch);
        return batch;
    }

    /// <summary>Forgets the records; the settings stay.</summary>
    public void Reset()
    {
        _records.ResetWrittenCount();
        (_baseTimestamp, _maxTimestamp, _lastOffset, RecordCount) = (NoTimestamp, NoTimestamp, -1, 0);
    }

    private static int SizeOfBody(in Record record, long timestampDelta, long offsetDelta) =>
        1 // attributes
        + VarintWriter.SizeOf(timestampDelta)
        + VarintWriter.SizeOf(offsetDelta)
        + VarintWriter.SizeOfBytes(!record.HasKey, record.Key.Length)
        + VarintWriter.SizeOfBytes(!record.HasValue, record.Value.Length)
        + VarintWriter.SizeOf(record.Headers.Count)
        + record.Headers.Encoded.Length;
}
