using Spillway.Raft.Segments;

namespace Spillway.Raft.Core;

internal sealed partial class RaftCore
{
    private readonly Dictionary<ulong, bool> _votes = [];

    // A campaign that waits until committed changes of membership are applied; its value: for a hand-over.
    private bool? _campaignDue;

    public void Campaign() => Campaign(transfer: false);

    private void Campaign(bool transfer)
    {
        if (_phase == RaftPhase.Leader || !Membership.IsVoter(_options.NodeId))
        {
            return;
        }

        // With a committed change ahead of it this node would count the wrong voters.
        if (_log.HasUnappliedChange)
        {
            _campaignDue = transfer;
            return;
        }

        if (_rules.AsksBeforeElection(transfer))
        {
            BecomePreCandidate();
        }
        else
        {
            BecomeCandidate(transfer);
        }
    }

    private void BecomePreCandidate()
    {
        Reset(Term);
        _phase = RaftPhase.PreCandidate;
        AskForVotes(RaftMessageKind.PreVote, Term + 1, transfer: false);
        CountVote(_options.NodeId, granted: true);
    }

    private void BecomeCandidate(bool transfer)
    {
        Reset(Term + 1);
        _phase = RaftPhase.Candidate;
        _vote = _options.NodeId;
        AskForVotes(RaftMessageKind.Vote, Term, transfer);
        if (_rules.OwnVoteCounts(durable: false))
        {
            CountVote(_options.NodeId, granted: true);
        }
    }

    private void AskForVotes(RaftMessageKind kind, ulong term, bool transfer)
    {
        foreach (var member in Membership.Members)
        {
            if (member.NodeId != _options.NodeId && _rules.CountsInQuorum(member))
            {
                _messages.Add(new RaftMessage(kind, _options.NodeId, member.NodeId, term)
                {
                    Index = _log.LastIndex,
                    LogTerm = _log.LastTerm,
                    Transfer = transfer,
                });
            }
        }
    }

    // Candidates this node does not know get a vote too: it may be the one that has not heard of them yet. So does a learner
    // vote, that may be a voter without knowing.
    private void StepVote(RaftMessage message)
    {
        var preVote = message.Kind == RaftMessageKind.PreVote;
        var granted = ((preVote && message.Term > Term) || _rules.MayVote(_vote, message.From, LeaderId))
            && _rules.IsUpToDate(message.LogTerm, message.Index, _log.LastTerm, _log.LastIndex);
        if (granted && !preVote)
        {
            _vote = message.From;
            _electionElapsed = 0;
        }

        var kind = preVote ? RaftMessageKind.PreVoteReply : RaftMessageKind.VoteReply;
        var term = granted ? message.Term : Term;
        _messages.Add(new RaftMessage(kind, _options.NodeId, message.From, term) { Reject = !granted });
    }

    private void StepVoteReply(RaftMessage message)
    {
        var expected = _phase switch
        {
            RaftPhase.PreCandidate => message.Kind == RaftMessageKind.PreVoteReply
                && (message.Reject || message.Term == Term + 1),
            RaftPhase.Candidate => message.Kind == RaftMessageKind.VoteReply,
            _ => false,
        };
        if (expected)
        {
            CountVote(message.From, !message.Reject);
        }
    }

    private void CountVote(ulong nodeId, bool granted)
    {
        _votes.TryAdd(nodeId, granted);
        int votesFor = 0, votesAgainst = 0;
        foreach (var member in Membership.Members)
        {
            if (_rules.CountsInQuorum(member) && _votes.TryGetValue(member.NodeId, out var vote))
            {
                votesFor += vote ? 1 : 0;
                votesAgainst += vote ? 0 : 1;
            }
        }

        if (votesFor >= Quorum)
        {
            Win();
        }
        else if (votesAgainst > Membership.VoterCount - Quorum)
        {
            BecomeFollower(Term, leaderId: 0);
        }
    }

    private void Win()
    {
        if (_phase == RaftPhase.PreCandidate)
        {
            BecomeCandidate(transfer: false);
        }
        else
        {
            BecomeLeader();
        }
    }

    private void BecomeLeader()
    {
        Reset(Term);
        _phase = RaftPhase.Leader;
        LeaderId = _options.NodeId;
        foreach (var peer in _peers)
        {
            peer.Reset(_log.LastIndex + 1, recentlyActive: true);
        }

        for (var index = _log.CommitIndex + 1; index <= _log.LastIndex; index++)
        {
            _uncommittedBytes += _log.At(index).Payload.Length;
        }

        // The term's first entry: once it is committed, so is everything before it.
        var payload = new byte[LogEntryHeader.Bytes];
        new LogEntryHeader(0, 0, LogEntryType.Commands, 0, _options.NodeId, 0, 0).WriteTo(payload);
        AppendOwn(payload, LogEntryType.Commands);
        _pendingChangeIndex = _log.LastIndex;
        LookForOwnLeave();
        CommitByQuorum();
    }

    // Check-quorum: a leader that is alone with a minority must not go on taking proposals and reads.
    private void TickLeader()
    {
        if (_electionElapsed >= _options.ElectionTicks)
        {
            _electionElapsed = 0;
            if (!_rules.KeepsLeading(IsQuorumActive()))
            {
                BecomeFollower(Term, leaderId: 0);
                return;
            }

            _transferee = 0;
            if (_losesVote)
            {
                LeaveToAnother();
            }

            foreach (var peer in _peers)
            {
                peer.RecentlyActive = false;
                peer.OfferDue = true;
            }
        }

        _heartbeatElapsed++;
        if (_heartbeatElapsed >= _options.HeartbeatTicks)
        {
            _heartbeatElapsed = 0;
            _heartbeatDue = true;
        }
    }

    private bool IsQuorumActive()
    {
        var active = 0;
        foreach (var peer in _peers)
        {
            active += _rules.CountsInQuorum(peer.Member)
                && (peer.RecentlyActive || peer.NodeId == _options.NodeId) ? 1 : 0;
        }

        return active >= Quorum;
    }
}
