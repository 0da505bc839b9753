namespace Spillway.Kafka.Records;

/// <summary>A header to be written: a key and a value that may be null.</summary>
public readonly record struct RecordHeader(string Key, byte[]? Value);
