using System.Collections;

namespace Spillway.Metadata.Groups;

/// <summary>
/// The members of a group in the order in which they joined, and which member id a static one has. Owned by its
/// <see cref="GroupCore"/>.
/// </summary>
internal sealed class GroupMembers : IEnumerable<GroupMember>
{
    private readonly OrderedDictionary<string, GroupMember> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _idOfInstance = new(StringComparer.Ordinal);

    public int Count => _byId.Count;

    public int RebalanceTimeoutMs => _byId.Count == 0 ? 0 : _byId.Values.Max(m => m.RebalanceTimeoutMs);

    public bool AllJoined => _byId.Values.All(m => m.Join is not null);

    public int JoinedCount => _byId.Values.Count(m => m.Join is not null);

    public GroupMember? Find(string id) => _byId.GetValueOrDefault(id);

    public string? FindIdOfInstance(string instanceId) => _idOfInstance.GetValueOrDefault(instanceId);

    public void Add(GroupMember member)
    {
        _byId.Add(member.Id, member);
        if (member.InstanceId is not null)
        {
            _idOfInstance[member.InstanceId] = member.Id;
        }
    }

    public void Remove(GroupMember member)
    {
        _byId.Remove(member.Id);
        if (member.InstanceId is not null)
        {
            _idOfInstance.Remove(member.InstanceId);
        }
    }

    /// <summary>The member keeps its place and its assignment under another id.</summary>
    public void Rename(GroupMember member, string id)
    {
        var place = _byId.IndexOf(member.Id);
        _byId.RemoveAt(place);
        member.Id = id;
        _byId.Insert(place, id, member);
        _idOfInstance[member.InstanceId!] = id;
    }

    /// <summary>The protocols that all members speak; all of them when there is no member.</summary>
    public bool AllSpeak(string protocol) => _byId.Values.All(m => m.Speaks(protocol));

    /// <summary>
    /// Every member votes for the one it likes best of those that all speak; equal votes go to the one that the first member
    /// likes better. There is one, because nobody joins who shares none.
    /// </summary>
    public string SelectProtocol()
    {
        var candidates = _byId.GetAt(0).Value.Protocols.Select(p => p.Name).Where(AllSpeak).Distinct().ToList();
        var votes = new int[candidates.Count];
        foreach (var member in _byId.Values)
        {
            votes[member.Protocols.Select(p => candidates.IndexOf(p.Name)).First(i => i >= 0)]++;
        }

        return candidates[Array.IndexOf(votes, votes.Max())];
    }

    public IEnumerator<GroupMember> GetEnumerator() => _byId.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
