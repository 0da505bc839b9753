namespace Spillway.Kafka.Records;

/// <summary>What a topic and a request version ask of a produced batch.</summary>
public readonly record struct RecordBatchRules
{
    /// <summary>Kafka's defaults.</summary>
    public RecordBatchRules()
    {
    }

    /// <summary>max.message.bytes: bytes of a whole batch. 1 MiB and the 12 bytes of log overhead, as in Kafka.</summary>
    public int BatchBytesMax { get; init; } = 1_048_588;

    /// <summary>message.timestamp.type.</summary>
    public TimestampType TimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary>message.timestamp.before.max.ms: how far back a record may date. Unbounded by default.</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary>message.timestamp.after.max.ms: how far ahead. An hour: a far future would stop retention by time.</summary>
    public long TimestampAfterMaxMs { get; init; } = 3_600_000;

    /// <summary>Whether every record needs a key: cleanup.policy has compact.</summary>
    public bool KeyRequired { get; init; }

    /// <summary>Whether zstd may be used: Produce v7 onwards.</summary>
    public bool ZstdAllowed { get; init; } = true;

    /// <summary>How far to look where nothing above forces it.</summary>
    public RecordChecks RecordChecks { get; init; } = RecordChecks.Uncompressed;

    /// <summary>What a compressed batch may decompress to when it has to be looked into.</summary>
    public int DecompressedBytesMax { get; init; } = OpenedRecordBatch.DecompressedBytesMaxDefault;
}
