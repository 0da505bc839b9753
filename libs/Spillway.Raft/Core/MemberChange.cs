namespace Spillway.Raft.Core;

/// <summary>One change of membership: the command of an entry of type <see cref="Segments.LogEntryType.Membership"/>.</summary>
/// <param name="Kind">What changes.</param>
/// <param name="NodeId">Whose membership.</param>
/// <param name="Address">Where its Raft transport listens; where one is added or readdressed.</param>
/// <param name="ServiceAddress">Where its service answers, the leader hint; for the same.</param>
internal sealed record MemberChange(MemberChangeKind Kind, ulong NodeId, string Address = "", string ServiceAddress = "");
