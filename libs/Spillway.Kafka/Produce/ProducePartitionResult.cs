namespace Spillway.Kafka.Produce;

/// <summary>What a produce response says of a partition.</summary>
public struct ProducePartitionResult
{
    /// <summary>The partition's number in its topic.</summary>
    public int Index { get; set; }

    /// <summary>Kafka's error code; 0 for none.</summary>
    public short ErrorCode { get; set; }

    /// <summary>Of the first record; -1 where there is an error.</summary>
    public long BaseOffset { get; set; }

    /// <summary>Where the topic stamps records, when it did, in ms since 1970; else -1.</summary>
    public long LogAppendTimeMs { get; set; }

    /// <summary>From v5 on; -1 where it is not known.</summary>
    public long LogStartOffset { get; set; }

    /// <summary>From v8 on, the places in the batch of the records that are at fault (KIP-467); null for none.</summary>
    public IReadOnlyList<int>? RecordErrors { get; set; }

    /// <summary>From v8 on, for a person; null where the code says enough.</summary>
    public string? ErrorMessage { get; set; }

    /// <summary>It is not told: the request names the partition again.</summary>
    public bool IsLeftOut { get; set; }
}
