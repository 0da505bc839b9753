namespace Spillway.Kafka.Records;

/// <summary>
/// Where the fields of a magic 2 record batch lie, all big-endian. The CRC covers everything from the attributes on, so
/// that base offset and leader epoch can be set in place once they are known.
/// See <see href="https://kafka.apache.org/documentation/#recordbatch"/>.
/// </summary>
public static class RecordBatchLayout
{
    /// <summary>int64: offset of the first record.</summary>
    public const int BaseOffsetPosition = 0;

    /// <summary>int32: bytes that follow this field.</summary>
    public const int BatchLengthPosition = 8;

    /// <summary>int32: leader epoch of the partition at append.</summary>
    public const int PartitionLeaderEpochPosition = 12;

    /// <summary>int8: format version.</summary>
    public const int MagicPosition = 16;

    /// <summary>uint32: CRC-32C of all that follows it.</summary>
    public const int CrcPosition = 17;

    /// <summary>int16: codec, timestamp type, transactional, control, delete horizon.</summary>
    public const int AttributesPosition = 21;

    /// <summary>int32: offset of the last record minus the base offset; kept when log compaction removes records.</summary>
    public const int LastOffsetDeltaPosition = 23;

    /// <summary>int64: what the records' timestamp deltas are relative to, or the delete horizon.</summary>
    public const int BaseTimestampPosition = 27;

    /// <summary>int64: highest timestamp of the records, or the append time.</summary>
    public const int MaxTimestampPosition = 35;

    /// <summary>int64: −1 where the producer is not idempotent.</summary>
    public const int ProducerIdPosition = 43;

    /// <summary>int16: −1 where there is no producer id.</summary>
    public const int ProducerEpochPosition = 51;

    /// <summary>int32: the producer's sequence number of the first record, −1 where there is none.</summary>
    public const int BaseSequencePosition = 53;

    /// <summary>int32: number of records.</summary>
    public const int RecordCountPosition = 57;

    /// <summary>Bytes before the records.</summary>
    public const int HeaderBytes = 61;

    /// <summary>Bytes that the batch length does not count: base offset and the length itself.</summary>
    public const int LogOverheadBytes = 12;

    /// <summary>
    /// What no record is below: a byte each for its length, attributes, timestamp, offset, lengths of key and value, and count of headers.
    /// </summary>
    public const int RecordBytesMin = 7;

    /// <summary>What a batch length cannot be below: the header after the log overhead.</summary>
    public const int BatchLengthMin = HeaderBytes - LogOverheadBytes;

    /// <summary>The one record format Kafka 4 still takes.</summary>
    public const byte CurrentMagic = 2;

    /// <summary>Attribute bits that hold the <see cref="Compression.CompressionType"/>.</summary>
    public const short CompressionMask = 0x07;

    /// <summary>Attribute bit: timestamps are the broker's.</summary>
    public const short TimestampTypeMask = 0x08;

    /// <summary>Attribute bit: the batch belongs to a transaction.</summary>
    public const short TransactionalMask = 0x10;

    /// <summary>Attribute bit: the batch holds control records.</summary>
    public const short ControlMask = 0x20;

    /// <summary>Attribute bit: the base timestamp is a delete horizon (KIP-534).</summary>
    public const short DeleteHorizonMask = 0x40;

    /// <summary>No timestamp.</summary>
    public const long NoTimestamp = -1;

    /// <summary>No producer id.</summary>
    public const long NoProducerId = -1;

    /// <summary>No producer epoch.</summary>
    public const short NoProducerEpoch = -1;

    /// <summary>No sequence number.</summary>
    public const int NoSequence = -1;
}
