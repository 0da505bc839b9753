namespace Spillway.Kafka.Records;

/// <summary>One record as slices of its batch; valid while the batch's bytes are.</summary>
public readonly ref struct Record
{
    /// <summary>Its offset: the batch's base offset and the record's delta.</summary>
    public long Offset { get; init; }

    /// <summary>Its timestamp in milliseconds: the producer's, or the batch's append time.</summary>
    public long Timestamp { get; init; }

    /// <summary>Whether there is a key; an empty key is one.</summary>
    public bool HasKey { get; init; }

    /// <summary>The key, empty where there is none.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Whether there is a value; a record with a key and no value is a tombstone.</summary>
    public bool HasValue { get; init; }

    /// <summary>The value, empty where there is none.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>The headers, as encoded.</summary>
    public RecordHeaders Headers { get; init; }
}
