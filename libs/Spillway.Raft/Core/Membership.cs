namespace Spillway.Raft.Core;

/// <summary>Who belongs to the group, at some index. Immutable; ordered by node id.</summary>
internal sealed record Membership(IReadOnlyList<GroupMember> Members)
{
    /// <summary>A group nobody belongs to yet, as a joining node sees it.</summary>
    public static Membership Empty { get; } = new(Array.Empty<GroupMember>());

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
}
