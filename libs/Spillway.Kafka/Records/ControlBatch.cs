using System.Buffers.Binary;
using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// A transaction marker as clients read it: a batch of 78 bytes with one control record. Metadata keeps the marker as an
/// index entry, and readers write these bytes from it.
/// </summary>
/// <remarks>
/// record := length 16, attributes 0, timestampDelta 0, offsetDelta 0, key (version int16, type int16), value (version
/// int16, coordinatorEpoch int32), headerCount 0; lengths are zigzag varints of one byte.
/// </remarks>
public static class ControlBatch
{
    /// <summary>Bytes of a marker.</summary>
    public const int BatchBytes = HeaderBytes + RecordBytes;

    private const int RecordBytes = 17;
    private const int TypePosition = HeaderBytes + 7;
    private const int CoordinatorEpochPosition = HeaderBytes + 12;

    private static ReadOnlySpan<byte> RecordTemplate =>
    [
        16 << 1, 0, 0, 0, // length, attributes, timestamp delta, offset delta
        4 << 1, 0, 0, 0, 0, // key: version 0, type
        6 << 1, 0, 0, 0, 0, 0, 0, // value: version 0, coordinator epoch
        0, // no headers
    ];

    /// <summary>Writes the marker into the first <see cref="BatchBytes"/> bytes of <paramref name="batch"/>.</summary>
    public static void Write(Span<byte> batch, in TransactionMarker marker)
    {
        batch = batch[..BatchBytes];
        RecordTemplate.CopyTo(batch[HeaderBytes..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[TypePosition..], (short)marker.Type);
        BinaryPrimitives.WriteInt32BigEndian(batch[CoordinatorEpochPosition..], marker.CoordinatorEpoch);
        new RecordBatchHeader
        {
            BaseOffset = marker.Offset,
            BatchLength = BatchBytes - LogOverheadBytes,
            Magic = CurrentMagic,
            Attributes = (short)(TransactionalMask | ControlMask
                | (marker.TimestampType == TimestampType.LogAppendTime ? TimestampTypeMask : 0)),
            BaseTimestamp = marker.Timestamp,
            MaxTimestamp = marker.Timestamp,
            ProducerId = marker.ProducerId,
            ProducerEpoch = marker.ProducerEpoch,
            BaseSequence = NoSequence,
            RecordCount = 1,
        }.Write(batch);
        RecordBatchBytes.SetCrc(batch);
    }

    /// <summary>The marker as an array of its own.</summary>
    public static byte[] Build(in TransactionMarker marker)
    {
        var batch = new byte[BatchBytes];
        Write(batch, marker);
        return batch;
    }

    /// <summary>Reads a marker back; false where the batch is no commit or abort.</summary>
    public static bool TryRead(ReadOnlySpan<byte> batch, out TransactionMarker marker)
    {
        marker = default;
        if (OpenedRecordBatch.TryOpen(batch, out var opened) != RecordBatchError.None)
        {
            return false;
        }

        using (opened)
        {
            var header = opened.Header;
            var records = opened.Records;
            if (!header.IsControl
                || !records.TryRead(out var record)
                || record.Key.Length < 4
                || record.Value.Length < 6
                || BinaryPrimitives.ReadInt16BigEndian(record.Key[2..]) is not (0 or 1))
            {
                return false;
            }

            marker = new TransactionMarker
            {
                Type = (ControlRecordType)BinaryPrimitives.ReadInt16BigEndian(record.Key[2..]),
                Offset = record.Offset,
                Timestamp = header.MaxTimestamp,
                TimestampType = header.TimestampType,
                ProducerId = header.ProducerId,
                ProducerEpoch = header.ProducerEpoch,
                CoordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(record.Value[2..]),
            };
            return true;
        }
    }
}
