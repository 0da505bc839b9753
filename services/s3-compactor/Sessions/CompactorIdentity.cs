namespace Spillway.S3Compactor.Sessions;

/// <summary>Who this process is to metadata, for as long as its lease holds.</summary>
internal sealed record CompactorIdentity(int CompactorId, long CompactorEpoch, TimeSpan Lease);
