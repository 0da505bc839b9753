namespace Spillway.Kafka.Records;

/// <summary>An offset and the timestamp of the record there.</summary>
public readonly record struct TimestampedOffset(long Offset, long Timestamp);
