namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>An index entry with its bytes.</summary>
internal sealed record LogEntry(long BaseOffset, long LastOffset, byte[] Bytes);
