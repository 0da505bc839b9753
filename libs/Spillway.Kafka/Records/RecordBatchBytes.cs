using System.Buffers.Binary;
using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// Changes to a batch in place. Every span is exactly one whole batch whose length was checked before, or starts with one
/// where only the header is touched.
/// </summary>
public static class RecordBatchBytes
{
    /// <summary>Sets the base offset; the CRC does not cover it.</summary>
    public static void SetBaseOffset(Span<byte> batch, long baseOffset) =>
        BinaryPrimitives.WriteInt64BigEndian(batch[BaseOffsetPosition..], baseOffset);

    /// <summary>Sets the leader epoch; the CRC does not cover it.</summary>
    public static void SetPartitionLeaderEpoch(Span<byte> batch, int leaderEpoch) =>
        BinaryPrimitives.WriteInt32BigEndian(batch[PartitionLeaderEpochPosition..], leaderEpoch);

    /// <summary>
    /// Stamps the batch with the time of its append (KIP-32): timestamp type and max timestamp, and then the CRC again.
    /// The records keep their deltas; readers take the max timestamp for each.
    /// </summary>
    public static void SetLogAppendTime(Span<byte> batch, long appendTimeMs)
    {
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesPosition..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesPosition..], (short)(attributes | TimestampTypeMask));
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampPosition..], appendTimeMs);
        SetCrc(batch);
    }

    /// <summary>Sets the max timestamp, and then the CRC again.</summary>
    public static void SetMaxTimestamp(Span<byte> batch, long maxTimestampMs)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampPosition..], maxTimestampMs);
        SetCrc(batch);
    }

    /// <summary>Puts the CRC that the bytes have into the field.</summary>
    public static void SetCrc(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcPosition..], ComputeCrc(batch));

    /// <summary>The CRC that the bytes have.</summary>
    public static uint ComputeCrc(ReadOnlySpan<byte> batch) => Crc32C.Compute(batch[AttributesPosition..]);

    /// <summary>Whether the bytes have the CRC that they claim.</summary>
    public static bool CrcIsValid(ReadOnlySpan<byte> batch) =>
        BinaryPrimitives.ReadUInt32BigEndian(batch[CrcPosition..]) == ComputeCrc(batch);
}
