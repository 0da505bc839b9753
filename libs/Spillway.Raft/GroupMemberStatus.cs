namespace Spillway.Raft;

/// <summary>One member in a <see cref="GroupStatus"/>.</summary>
/// <param name="Member">Who it is.</param>
/// <param name="MatchIndex">The last index it is known to hold durably; null where that is not known.</param>
/// <param name="Active">Whether it was heard of within the last election time-out; null where that is not known.</param>
public sealed record GroupMemberStatus(GroupMember Member, ulong? MatchIndex, bool? Active);
