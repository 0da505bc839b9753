namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>A record as it was produced; without a value it is a tombstone.</summary>
internal sealed record HistoryRecord(long Offset, string? Key, string? Value, long TimestampMs);
