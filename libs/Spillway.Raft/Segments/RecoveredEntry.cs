namespace Spillway.Raft.Segments;

/// <summary>An entry as recovery found it: its head, and the payload that holds head and commands.</summary>
internal readonly record struct RecoveredEntry(LogEntryHeader Header, byte[] Payload);
