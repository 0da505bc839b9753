namespace Spillway.Kafka.Records;

/// <summary>
/// What is wrong with a batch. A value, since on the way in anything may come; each says which Kafka error answers it.
/// </summary>
public enum RecordBatchError
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>There is no batch at all. INVALID_RECORD.</summary>
    NoBatch,

    /// <summary>More than one batch where there may be one: Produce v3+, per partition. INVALID_RECORD.</summary>
    MoreThanOneBatch,

    /// <summary>The bytes end before the batch does. INVALID_RECORD on produce; a torn read elsewhere.</summary>
    Truncated,

    /// <summary>The batch length cannot be true: shorter than a header. CORRUPT_MESSAGE.</summary>
    InvalidLength,

    /// <summary>A record format other than magic 2. INVALID_RECORD.</summary>
    UnsupportedMagic,

    /// <summary>The bytes do not have the checksum they claim. CORRUPT_MESSAGE.</summary>
    CrcMismatch,

    /// <summary>The batch exceeds max.message.bytes. MESSAGE_TOO_LARGE.</summary>
    BatchTooLarge,

    /// <summary>A producer's base offset is not zero. INVALID_RECORD.</summary>
    InvalidBaseOffset,

    /// <summary>The record count is not positive, or not the last offset delta plus one. INVALID_RECORD.</summary>
    InvalidRecordCount,

    /// <summary>A client wrote a control batch. INVALID_RECORD.</summary>
    ControlBatchFromClient,

    /// <summary>A producer id without a sequence number. INVALID_RECORD.</summary>
    InvalidSequence,

    /// <summary>No such codec, none of ours, or zstd before Produce v7. UNSUPPORTED_COMPRESSION_TYPE.</summary>
    UnsupportedCompression,

    /// <summary>A timestamp outside of message.timestamp.{before,after}.max.ms. INVALID_TIMESTAMP.</summary>
    TimestampOutOfRange,

    /// <summary>A producer claims log append time, which is the broker's to set. INVALID_TIMESTAMP.</summary>
    TimestampTypeFromClient,

    /// <summary>A record without key on a compacted topic. INVALID_RECORD.</summary>
    MissingKey,

    /// <summary>The compressed records do not decompress. INVALID_RECORD.</summary>
    CorruptCompression,

    /// <summary>The records decompress to more than the limit. MESSAGE_TOO_LARGE: producers then split the batch.</summary>
    DecompressedTooLarge,

    /// <summary>A record's lengths, deltas or count do not fit the batch. INVALID_RECORD.</summary>
    CorruptRecords,
}
