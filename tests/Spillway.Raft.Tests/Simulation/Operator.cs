using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// The person who runs the cluster: adds, promotes, demotes and removes members, and replaces one whose disk is lost by
/// a new id. Asks a leader by a read barrier before each step, and after one whose end is unknown a later leader: what
/// an earlier one had not committed by then is never committed. Never more than five nodes; a disk is lost only where a
/// quorum is left without it.
/// </summary>
internal sealed class Operator(Cluster cluster, Random random)
{
    private const int NodesMax = 5;

    // A rash one asks for a second change while the first one is under way, and of whoever leads. It loses no disk, for it
    // never knows who the voters are.
    private readonly bool _rash = random.Next(3) == 0;

    private MemberChange? _change;
    private Task? _changing;
    private NodeProcess? _changer;
    private ulong _changedInTerm;
    private Task<ulong>? _asking;
    private NodeProcess? _asked;
    private SimulatedNode? _lost;
    private bool _finishing;

    /// <summary>Changes that took effect, by kind.</summary>
    public SortedDictionary<string, long> Changes { get; } = [];

    /// <summary>The members as of the last barrier.</summary>
    public Membership Members { get; private set; } = Membership.Empty;

    /// <summary>Whether nothing is half done.</summary>
    public bool IsIdle => _change is null && _lost is null;

    public void Begin() => cluster.Clock.After(TimeSpan.FromMilliseconds(random.Next(3_000)), Step);

    /// <summary>Begins nothing new, and brings to an end what was begun.</summary>
    public void Finish() => _finishing = true;

    public override string ToString() =>
        $"{_change?.ToString() ?? "no change"} ({_changing?.Status}), replaces {_lost?.Id.ToString() ?? "none"}, "
        + $"asks {_asked?.NodeId.ToString() ?? "none"} ({_asking?.Status})";

    private void Step()
    {
        cluster.Clock.After(TimeSpan.FromMilliseconds(10 + random.Next(40)), Step);
        if (_rash && !_finishing && random.Next(20) == 0)
        {
            ChangeRashly();
        }

        if (_changing is { IsCompleted: false } && !_changer!.HasEnded)
        {
            return;
        }

        if (_asking is { IsCompletedSuccessfully: true })
        {
            Members = _asked!.Membership;
            Settle();
            Decide(_asked);
            (_asking, _asked) = (null, null);
        }
        else if (_asking is null || _asking.IsCompleted || _asked!.HasEnded)
        {
            Ask();
        }
    }

    private void Ask()
    {
        var unsure = _changing is { IsCompletedSuccessfully: false } && _changing.Exception?.InnerException
            is not (MembershipChangeException or ReplicatedLogException { OutcomeUnknown: false });
        _asked = cluster.Leader?.Process;
        _asking = _asked is null || (unsure && _asked.Term <= _changedInTerm) ? null : _asked.Read();
    }

    private void Settle()
    {
        if (_change is not null && IsInEffect(_change))
        {
            Count(_change.Kind.ToString());
        }

        (_change, _changing, _changer) = (null, null, null);
        if (_lost is not null && Members.Find(_lost.Id) is null)
        {
            _lost = null;
            Count("Replaced");
        }

        // Who is no member is shut down in a while; until then it may bother the others.
        foreach (var node in cluster.Nodes.Where(node => Members.Find(node.Id) is null && !node.IsRetiring))
        {
            node.IsRetiring = true;
            cluster.Clock.After(TimeSpan.FromMilliseconds(random.Next(4_000)), node.Retire);
        }
    }

    private bool IsInEffect(MemberChange change) => change.Kind switch
    {
        MemberChangeKind.AddLearner => Members.Find(change.NodeId) is not null,
        MemberChangeKind.Promote => Members.IsVoter(change.NodeId),
        MemberChangeKind.Demote => Members.Find(change.NodeId) is { Voter: false },
        _ => Members.Find(change.NodeId) is null,
    };

    private void Decide(NodeProcess leader)
    {
        if (_lost is not null)
        {
            Replace(leader);
        }
        else if (!_finishing && random.Next(10) == 0)
        {
            Rearrange(leader);
        }
    }

    private void Rearrange(NodeProcess leader)
    {
        var members = Members.Members;
        var voters = members.Where(static member => member.Voter).ToList();
        var learners = members.Where(static member => !member.Voter).ToList();
        switch (random.Next(8))
        {
            case < 2 when members.Count < NodesMax:
                AddNode(leader);
                break;
            case < 5 when learners.Count > 0:
                Change(leader, new MemberChange(MemberChangeKind.Promote, OneOf(learners)));
                break;
            case 5 when voters.Count > 1:
                Change(leader, new MemberChange(MemberChangeKind.Demote, OneOf(voters)));
                break;
            case 6 when voters.Count > 1:
                Change(leader, new MemberChange(MemberChangeKind.Remove, OneOf(members)));
                break;
            case 7 when voters.Count >= 3 && !_rash:
                LoseDisk(OneOf(voters));
                break;
        }
    }

    private void LoseDisk(ulong voterId)
    {
        _lost = cluster.Nodes.FirstOrDefault(node => node.Id == voterId);
        if (_lost is not null)
        {
            _lost.LoseDisk();
            Count("Lost");
        }
    }

    private void ChangeRashly()
    {
        var leaders = cluster.Nodes.Where(static node => node.Process is { IsLeader: true }).ToList();
        if (leaders.Count > 0 && leaders[random.Next(leaders.Count)].Process is { Membership.Members.Count: > 0 } leader)
        {
            var kind = (MemberChangeKind)random.Next((int)MemberChangeKind.Promote, (int)MemberChangeKind.Remove + 1);
            leader.Change(new MemberChange(kind, OneOf(leader.Membership.Members)));
        }
    }

    private ulong OneOf(IReadOnlyList<GroupMember> members) => members[random.Next(members.Count)].NodeId;

    // In any order: a new learner, its vote, the old one's end.
    private void Replace(NodeProcess leader)
    {
        var members = Members.Members;
        if (members.FirstOrDefault(static member => !member.Voter) is { } learner && random.Next(4) != 0)
        {
            Change(leader, new MemberChange(MemberChangeKind.Promote, learner.NodeId));
        }
        else if (members.Count < NodesMax && random.Next(2) == 0)
        {
            AddNode(leader);
        }
        else
        {
            Change(leader, new MemberChange(MemberChangeKind.Remove, _lost!.Id));
        }
    }

    private void AddNode(NodeProcess leader)
    {
        var node = cluster.AddJoiner();
        Change(leader, new MemberChange(
            MemberChangeKind.AddLearner, node.Id, SimulatedNode.AddressOf(node.Id), $"service-{node.Id}"));
    }

    private void Change(NodeProcess leader, MemberChange change)
    {
        _change = change;
        _changer = leader;
        _changedInTerm = leader.Term;
        _changing = leader.Change(change);
    }

    private void Count(string change) => Changes[change] = Changes.GetValueOrDefault(change) + 1;
}
