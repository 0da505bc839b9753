using Spillway.Raft.Core;

namespace Spillway.Raft.Hosting;

internal sealed partial class ReplicatedLogEngine
{
    private volatile LeadershipState _leadership = LeadershipState.None;
    private volatile Membership _membership = Membership.Empty;
    private Membership _publishedMembership = Membership.Empty;
    private long _contactTimestamp;
    private bool _hasContact;

    /// <summary>Raised on the log's thread.</summary>
    public event Action<LeadershipState>? LeadershipChanged;

    /// <summary>
    /// Who leads. This node only once it has applied an entry of its own term: then its state holds everything that was
    /// acknowledged before it was elected. Read by any thread.
    /// </summary>
    public LeadershipState Leadership => _leadership;

    /// <summary>As of the last applied change. Read by any thread.</summary>
    public IReadOnlyList<GroupMember> Members => _membership.Members;

    /// <summary>Whether nobody but this node has a vote. Read by any thread.</summary>
    public bool IsSoleVoter => _membership is { VoterCount: 1 } membership && membership.IsVoter(_options.NodeId);

    /// <summary>
    /// Whether a majority confirmed this node's lead in a round that began less than the shortest election time-out ago, but
    /// for the tick by which another node's clock may be ahead: until then it elects nobody else. Read by any thread.
    /// </summary>
    public bool LeadsWithQuorum
    {
        get
        {
            if (!_leadership.IsLeader)
            {
                return false;
            }

            return IsSoleVoter || (Volatile.Read(ref _hasContact)
                && _seams.Time.GetElapsedTime(Volatile.Read(ref _contactTimestamp))
                    < (_options.ElectionTicks - 1) * _options.TickInterval);
        }
    }

    private void NoteContact()
    {
        if (_reads.ContactTimestamp is { } timestamp)
        {
            Volatile.Write(ref _contactTimestamp, timestamp);
            Volatile.Write(ref _hasContact, true);
        }
    }

    private LeadershipState CurrentLeadership()
    {
        var leads = Core.Role == RaftRole.Leader;
        if (leads && !_seams.Rules.Serves(_appliedTerm == Core.Term))
        {
            return new LeadershipState(RaftRole.Candidate, Core.Term, 0, null);
        }

        var address = leads ? _options.ServiceAddress : _membership.Find(Core.LeaderId)?.ServiceAddress;
        return new LeadershipState(
            Core.Role, Core.Term, Core.LeaderId, string.IsNullOrEmpty(address) ? null : address);
    }

    private void PublishLeadership()
    {
        var published = _leadership;
        if (Core.Role != published.Role || Core.LeaderId != published.LeaderId || Core.Term != published.Term
            || !ReferenceEquals(_publishedMembership, _membership))
        {
            _publishedMembership = _membership;
            SetLeadership(CurrentLeadership());
        }
    }

    private void SetLeadership(LeadershipState leadership)
    {
        var before = _leadership;
        if (leadership == before)
        {
            return;
        }

        _leadership = leadership;
        _metrics.LeadershipChanged(before, leadership);
        if (leadership.IsLeader && !IsSoleVoter)
        {
            _reads.WantContact();
        }

        if (before.LeaderId != leadership.LeaderId)
        {
            Log.LeaderChanged(_seams.Logger, _options.NodeId, leadership.LeaderId, leadership.Term);
        }

        LeadershipChanged?.Invoke(leadership);
    }

    // At once, not when the next entry shows it: a proposer or reader should ask the next leader.
    private void EndLeadershipIfLost()
    {
        var led = _leadership is { IsLeader: true } leadership ? leadership.Term : _pendingTerm;
        if (led != 0 && (Core.Role != RaftRole.Leader || Core.Term != led))
        {
            EndLeadership("This node does not lead any more.");
        }
    }

    private void EndLeadership(string why)
    {
        _pendingTerm = 0;
        if (_leadership.IsLeader)
        {
            Volatile.Write(ref _hasContact, false);
            PublishLeadership();
        }

        if (_seams.Rules.EndsPendingWithLead)
        {
            _pending.FailAll(() => new LeadershipLostException(why, _leadership, outcomeUnknown: true));
        }

        _reads.FailAll(() => new LeadershipLostException(why, _leadership));
        _started?.Changes.FailAll(unknown => new LeadershipLostException(why, _leadership, unknown));
    }

    private void SetMembership(Membership membership)
    {
        _membership = membership;
        if (_started is { IsServing: true })
        {
            _seams.Transport?.SetMembers(membership.Members);
        }
    }

    private static string Describe(Membership membership) => string.Join(
        ", ", membership.Members.Select(static member => member.Voter ? $"{member.NodeId}" : $"{member.NodeId} (learner)"));
}
