namespace Spillway.Raft.Core;

/// <summary>
/// Names a round of read barriers: who asks, in which life of the process, and a counter. Never reused, on a retry
/// neither: an old heartbeat's reply would confirm a reused one.
/// </summary>
internal readonly record struct ReadId(ulong NodeId, ulong ProcessEpoch, ulong Counter);
