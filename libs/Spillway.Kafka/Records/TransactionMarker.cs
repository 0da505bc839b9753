namespace Spillway.Kafka.Records;

/// <summary>All that tells one transaction marker from another.</summary>
public readonly record struct TransactionMarker
{
    /// <summary>Commit or abort.</summary>
    public ControlRecordType Type { get; init; }

    /// <summary>The one offset it takes.</summary>
    public long Offset { get; init; }

    /// <summary>When the transaction ended, in milliseconds.</summary>
    public long Timestamp { get; init; }

    /// <summary>The topic's timestamp type.</summary>
    public TimestampType TimestampType { get; init; }

    /// <summary>The producer whose transaction ended.</summary>
    public long ProducerId { get; init; }

    /// <summary>Its epoch.</summary>
    public short ProducerEpoch { get; init; }

    /// <summary>The transaction coordinator's epoch.</summary>
    public int CoordinatorEpoch { get; init; }
}
