namespace Spillway.Raft.Core;

/// <summary>
/// Raft, as Ongaro's thesis has it, with pre-vote, check-quorum and leader lease, learners, read rounds and hand-over, in the
/// shape that etcd's made known. A change of membership takes effect when it is applied. Owned by one thread; each
/// part of the file has one aspect. What safety hangs on is in <see cref="RaftRules"/>.
/// </summary>
internal sealed partial class RaftCore : IRaftCore
{
    private readonly RaftCoreOptions _options;
    private readonly RaftRules _rules;
    private readonly Random _random;
    private readonly RaftLogBuffer _log;
    private readonly List<RaftMessage> _messages = [];

    private RaftPhase _phase;
    private ulong _vote;
    private int _electionElapsed;
    private int _electionTicks;

    /// <summary>Starts as a follower from what the node remembers.</summary>
    /// <param name="options">Settings, and who this node is.</param>
    /// <param name="state">What was durable.</param>
    /// <param name="random">Draws the election time-outs; owned by the core from here on.</param>
    /// <param name="rules">Null but in tests.</param>
    public RaftCore(RaftCoreOptions options, RaftCoreState state, Random random, RaftRules? rules = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.NodeId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.ElectionTicks);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.HeartbeatTicks);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.InFlightMessagesMax);
        _options = options;
        _rules = rules ?? RaftRules.Sound;
        _random = random;
        _log = new RaftLogBuffer(state.Snapshot, state.Entries);
        _log.CommitTo(state.HardState.Commit);
        CommitBySight();
        _written = state.HardState;

        // Entries or a snapshot of a later term than the HardState's: no vote was given in that one, or it would be there.
        Term = Math.Max(state.HardState.Term, _log.LastTerm);
        _vote = Term == state.HardState.Term ? state.HardState.Vote : 0;
        Membership = state.Membership;
        RebuildPeers();
        BecomeFollower(Term, leaderId: 0);
    }

    public ulong Term { get; private set; }

    public RaftRole Role => _phase switch
    {
        RaftPhase.Leader => RaftRole.Leader,
        RaftPhase.Candidate or RaftPhase.PreCandidate => RaftRole.Candidate,
        _ => Membership.Find(_options.NodeId) is { Voter: false } ? RaftRole.Learner : RaftRole.Follower,
    };

    public ulong LeaderId { get; private set; }

    /// <summary>The first entry that is kept in memory; the ones before it are compacted away.</summary>
    public ulong FirstIndex => _log.FirstIndex;

    public ulong LastIndex => _log.LastIndex;

    public ulong CommitIndex => _log.CommitIndex;

    public ulong AppliedIndex => _log.AppliedIndex;

    public Membership Membership { get; private set; }

    private int Quorum => _rules.Quorum(Membership.VoterCount);

    public void Tick()
    {
        _electionElapsed++;
        if (_phase == RaftPhase.Leader)
        {
            TickLeader();
        }
        else if (_electionElapsed >= _electionTicks && Membership.IsVoter(_options.NodeId))
        {
            Campaign();
        }
    }

    public void Step(RaftMessage message)
    {
        if (message.To != _options.NodeId || message.From == _options.NodeId || message.From == 0)
        {
            return;
        }

        if (message.Term > Term && !EnterLaterTerm(message))
        {
            return;
        }

        if (message.Term < Term)
        {
            AnswerEarlierTerm(message);
            return;
        }

        switch (message.Kind)
        {
            case RaftMessageKind.PreVote:
            case RaftMessageKind.Vote:
                StepVote(message);
                break;
            case RaftMessageKind.PreVoteReply:
            case RaftMessageKind.VoteReply:
                StepVoteReply(message);
                break;
            case RaftMessageKind.Append:
            case RaftMessageKind.Heartbeat:
            case RaftMessageKind.SnapshotOffer:
                StepFromLeader(message);
                break;
            case RaftMessageKind.AppendReply:
            case RaftMessageKind.HeartbeatReply:
                StepToLeader(message);
                break;
            case RaftMessageKind.TimeoutNow:
                StepTimeoutNow(message);
                break;
        }
    }

    // False: the message is not to be looked at. A candidate that cannot know of a working leader must not depose it.
    private bool EnterLaterTerm(RaftMessage message)
    {
        if (message.Kind is RaftMessageKind.Vote or RaftMessageKind.PreVote
            && _rules.IsInLease(LeaderId, _electionElapsed, _options.ElectionTicks, message.Transfer))
        {
            return false;
        }

        // A pre-vote speaks of a term that nobody has entered yet, and so does the consent to it.
        if (message.Kind != RaftMessageKind.PreVote
            && (message.Kind != RaftMessageKind.PreVoteReply || message.Reject))
        {
            BecomeFollower(message.Term, IsFromLeader(message.Kind) ? message.From : 0);
        }

        return true;
    }

    // A leader that was cut off, or a node that fell behind, learns of the later term; all else is too old to matter.
    private void AnswerEarlierTerm(RaftMessage message)
    {
        if (IsFromLeader(message.Kind))
        {
            Send(RaftMessageKind.AppendReply, message.From);
        }
        else if (message.Kind == RaftMessageKind.PreVote)
        {
            _messages.Add(Message(RaftMessageKind.PreVoteReply, message.From) with { Reject = true });
        }
    }

    private void BecomeFollower(ulong term, ulong leaderId)
    {
        Reset(term);
        _phase = RaftPhase.Follower;
        LeaderId = leaderId;
    }

    private void Reset(ulong term)
    {
        if (Term != term)
        {
            Term = term;
            _vote = 0;
        }

        LeaderId = 0;
        _votes.Clear();
        _campaignDue = null;
        ResetElectionTimer();
        ResetLeadership();
    }

    private void ResetElectionTimer()
    {
        _electionElapsed = 0;
        _electionTicks = _options.ElectionTicks + _random.Next(_options.ElectionTicks);
    }

    private static bool IsFromLeader(RaftMessageKind kind) =>
        kind is RaftMessageKind.Append or RaftMessageKind.Heartbeat or RaftMessageKind.SnapshotOffer;

    private RaftMessage Message(RaftMessageKind kind, ulong to) => new(kind, _options.NodeId, to, Term);

    private void Send(RaftMessageKind kind, ulong to) => _messages.Add(Message(kind, to));
}
