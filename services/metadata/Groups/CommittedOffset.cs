namespace Spillway.Metadata.Groups;

/// <summary>How far a group has come in a partition, as it said itself.</summary>
/// <param name="Offset">The next record it wants.</param>
/// <param name="LeaderEpoch">-1: it did not say.</param>
/// <param name="Metadata">Whatever it wrote beside.</param>
/// <param name="CommitMs">When, in the state's time.</param>
/// <param name="ExpireMs">When it goes whatever the cluster's retention is; 0: by that.</param>
internal readonly record struct CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitMs, long ExpireMs);
