namespace Spillway.Raft.Core;

/// <summary>How far another member is, as the leader knows it.</summary>
/// <param name="NodeId">Which member.</param>
/// <param name="MatchIndex">The last index it is known to hold durably.</param>
/// <param name="InSnapshot">Whether it waits for a snapshot.</param>
/// <param name="RecentlyActive">Whether it was heard of within the last election time-out.</param>
internal readonly record struct FollowerProgress(ulong NodeId, ulong MatchIndex, bool InSnapshot, bool RecentlyActive);
