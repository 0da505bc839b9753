namespace Spillway.Raft.Segments;

/// <summary>What a log record holds. Persisted: numbers are never reused.</summary>
internal enum LogRecordKind : byte
{
    HardState = 1,
    Entry = 2,
}
