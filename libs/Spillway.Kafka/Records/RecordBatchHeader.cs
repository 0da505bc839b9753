using System.Buffers.Binary;
using Spillway.Kafka.Compression;
using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>The 61 bytes before the records of a batch, read but not judged.</summary>
public readonly record struct RecordBatchHeader
{
    /// <summary>Offset of the first record.</summary>
    public long BaseOffset { get; init; }

    /// <summary>Bytes after the length field; not to be trusted before it is checked.</summary>
    public int BatchLength { get; init; }

    /// <summary>Leader epoch of the partition at append.</summary>
    public int PartitionLeaderEpoch { get; init; }

    /// <summary>Format version.</summary>
    public byte Magic { get; init; }

    /// <summary>CRC-32C that the batch claims.</summary>
    public uint Crc { get; init; }

    /// <summary>The attribute bits.</summary>
    public short Attributes { get; init; }

    /// <summary>Offset of the last record minus the base offset.</summary>
    public int LastOffsetDelta { get; init; }

    /// <summary>What timestamp deltas are relative to.</summary>
    public long BaseTimestamp { get; init; }

    /// <summary>Highest timestamp, or the append time.</summary>
    public long MaxTimestamp { get; init; }

    /// <summary>Producer id or −1.</summary>
    public long ProducerId { get; init; }

    /// <summary>Producer epoch or −1.</summary>
    public short ProducerEpoch { get; init; }

    /// <summary>Sequence number of the first record or −1.</summary>
    public int BaseSequence { get; init; }

    /// <summary>Number of records.</summary>
    public int RecordCount { get; init; }

    /// <summary>Bytes of the whole batch; 64-bit, since a hostile length may be anything.</summary>
    public long TotalLength => (long)LogOverheadBytes + BatchLength;

    /// <summary>Offset of the last record.</summary>
    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>Offset after the last record.</summary>
    public long NextOffset => BaseOffset + LastOffsetDelta + 1;

    /// <summary>The codec; may be a number that names none.</summary>
    public CompressionType CompressionType => (CompressionType)(Attributes & CompressionMask);

    /// <summary>Who set the timestamps.</summary>
    public TimestampType TimestampType =>
        (Attributes & TimestampTypeMask) != 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    /// <summary>Whether the batch belongs to a transaction.</summary>
    public bool IsTransactional => (Attributes & TransactionalMask) != 0;

    /// <summary>Whether the batch holds control records.</summary>
    public bool IsControl => (Attributes & ControlMask) != 0;

    /// <summary>Whether the base timestamp is a delete horizon.</summary>
    public bool HasDeleteHorizon => (Attributes & DeleteHorizonMask) != 0;

    /// <summary>Whether an idempotent producer wrote the batch.</summary>
    public bool HasProducerId => ProducerId > NoProducerId;

    /// <summary>Sequence number of the last record, wrapped at 2³¹ − 1 as producers do; −1 where there is none.</summary>
    public int LastSequence =>
        BaseSequence == NoSequence ? NoSequence : (int)(((long)BaseSequence + LastOffsetDelta) & int.MaxValue);

    /// <summary>Reads the fields; false where there are fewer than <see cref="HeaderBytes"/> bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> batch, out RecordBatchHeader header)
    {
        if (batch.Length < HeaderBytes)
        {
            header = default;
            return false;
        }

        header = new RecordBatchHeader
        {
            BaseOffset = BinaryPrimitives.ReadInt64BigEndian(batch[BaseOffsetPosition..]),
            BatchLength = BinaryPrimitives.ReadInt32BigEndian(batch[BatchLengthPosition..]),
            PartitionLeaderEpoch = BinaryPrimitives.ReadInt32BigEndian(batch[PartitionLeaderEpochPosition..]),
            Magic = batch[MagicPosition],
            Crc = BinaryPrimitives.ReadUInt32BigEndian(batch[CrcPosition..]),
            Attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesPosition..]),
            LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(batch[LastOffsetDeltaPosition..]),
            BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(batch[BaseTimestampPosition..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(batch[MaxTimestampPosition..]),
            ProducerId = BinaryPrimitives.ReadInt64BigEndian(batch[ProducerIdPosition..]),
            ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(batch[ProducerEpochPosition..]),
            BaseSequence = BinaryPrimitives.ReadInt32BigEndian(batch[BaseSequencePosition..]),
            RecordCount = BinaryPrimitives.ReadInt32BigEndian(batch[RecordCountPosition..]),
        };
        return true;
    }

    /// <summary>Writes the 61 bytes as they are, the claimed CRC included.</summary>
    public void Write(Span<byte> batch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[BaseOffsetPosition..], BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLengthPosition..], BatchLength);
        BinaryPrimitives.WriteInt32BigEndian(batch[PartitionLeaderEpochPosition..], PartitionLeaderEpoch);
        batch[MagicPosition] = Magic;
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcPosition..], Crc);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesPosition..], Attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[LastOffsetDeltaPosition..], LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(batch[BaseTimestampPosition..], BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampPosition..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[ProducerIdPosition..], ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[ProducerEpochPosition..], ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BaseSequencePosition..], BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordCountPosition..], RecordCount);
    }
}
