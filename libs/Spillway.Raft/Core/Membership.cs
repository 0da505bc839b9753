namespace Spillway.Raft.Core;

/// <summary>Who belongs to the group, at some index. Immutable; ordered by node id.</summary>
internal sealed record Membership(IReadOnlyList<GroupMember> Members)
{
    /// <summary>A group nobody belongs to yet, as a joining node sees it.</summary>
    public static Membership Empty { get; } = new(Array.Empty<GroupMember>());

    /// <summary>How many have a vote.</summary>
    public int VoterCount { get; } = Members.Count(static member => member.Voter);

    /// <summary>The member, or null.</summary>
    public GroupMember? Find(ulong nodeId)
    {
        foreach (var member in Members)
        {
            if (member.NodeId == nodeId)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>Whether the node has a vote.</summary>
    public bool IsVoter(ulong nodeId) => Find(nodeId) is { Voter: true };

    /// <summary>
    /// The membership after the change; null where the change makes no sense: it would change nothing, take the last
    /// voter's vote, or take a vote by the way. The same on every node, as it is applied on every node.
    /// </summary>
    public Membership? After(MemberChange change)
    {
        var member = Find(change.NodeId);
        return change.Kind switch
        {
            MemberChangeKind.AddLearner when change.NodeId != 0 && member is not { Voter: true } =>
                With(new GroupMember(change.NodeId, Voter: false, change.Address, change.ServiceAddress)),
            MemberChangeKind.Promote when member is { Voter: false } => With(member with { Voter = true }),
            MemberChangeKind.Demote when member is { Voter: true } && VoterCount > 1 =>
                With(member with { Voter = false }),
            MemberChangeKind.Remove when member is not null && (!member.Voter || VoterCount > 1) =>
                new Membership([.. Members.Where(other => other.NodeId != change.NodeId)]),
            MemberChangeKind.Readdress when member is not null =>
                With(member with { Address = change.Address, ServiceAddress = change.ServiceAddress }),
            _ => null,
        };
    }

    private Membership With(GroupMember member) => new(
        [.. Members.Where(other => other.NodeId != member.NodeId).Append(member).OrderBy(static other => other.NodeId)]);
}
