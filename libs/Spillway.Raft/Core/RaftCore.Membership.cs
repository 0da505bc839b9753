using Spillway.Raft.Segments;

namespace Spillway.Raft.Core;

internal sealed partial class RaftCore
{
    // No change is taken before everything up to here is applied: the last change, or the term's first entry.
    private ulong _pendingChangeIndex;

    // A change that will take this leader's vote is in its log. It then takes no proposals: entries that only it has would keep it
    // from voting for those that stay, who may need its vote to learn that it is gone. Nor does it commit anything, for it might
    // be gone before anyone else knows; it hands over.
    private bool _losesVote;

    public bool TryProposeChange(byte[] payload, MemberChange change)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(payload.Length, LogEntryHeader.Bytes);
        if (!TakesProposal(payload.Length)
            || !_rules.MayProposeChange(_pendingChangeIndex, _log.AppliedIndex)
            || TakesOwnVote(change)
            || Membership.After(change) is null)
        {
            return false;
        }

        AppendOwn(payload, LogEntryType.Membership);
        _pendingChangeIndex = _log.LastIndex;
        return true;
    }

    public Membership ApplyChange(RaftEntry entry)
    {
        if (MemberChangeFormat.ReadEntry(entry.Payload.Span) is not { } change)
        {
            throw new InvalidDataException($"Entry {entry.Index} is a change of membership that is not known.");
        }

        if (Membership.After(change) is not { } membership)
        {
            return Membership;
        }

        Membership = membership;
        RebuildPeers();
        if (_phase == RaftPhase.Leader)
        {
            AfterChangeOnLeader();
        }

        return Membership;
    }

    private void AfterChangeOnLeader()
    {
        if (!Membership.IsVoter(_options.NodeId))
        {
            // The others heard of the commit in the Ready that is being worked off, and elect one of their own.
            BecomeFollower(Term, leaderId: 0);
            return;
        }

        if (_transferee != 0 && !Membership.IsVoter(_transferee))
        {
            _transferee = 0;
        }

        // Where a voter left, fewer are enough now; for entries, too, which Advance counts again.
        AnswerReads();
    }

    // A change that an earlier leader of the log began, and that this one leaves to the next.
    private void LookForOwnLeave()
    {
        foreach (var index in _log.Changes)
        {
            _losesVote |= index > _log.AppliedIndex
                && MemberChangeFormat.ReadEntry(_log.At(index).Payload.Span) is { } change
                && TakesOwnVote(change);
        }
    }

    private bool TakesOwnVote(MemberChange change) => _rules.HandsOverBeforeLeaving
        && change.NodeId == _options.NodeId
        && change.Kind is MemberChangeKind.Remove or MemberChangeKind.Demote;

    private void Append(RaftEntry entry)
    {
        _log.Append(entry);
        if (_rules.ChangesOnAppend && entry.Type == LogEntryType.Membership)
        {
            ApplyChange(entry);
        }
    }

    private void RebuildPeers()
    {
        var peers = new Peer[Membership.Members.Count];
        for (var i = 0; i < peers.Length; i++)
        {
            var member = Membership.Members[i];
            var peer = FindPeer(member.NodeId);
            if (peer is null)
            {
                peer = new Peer(member, _options.InFlightMessagesMax);
                peer.Reset(_log.LastIndex + 1, recentlyActive: true);
            }

            peer.Member = member;
            peers[i] = peer;
        }

        _peers = peers;
    }

    private void CommitBySight() => _log.CommitTo(_rules.CommittedBySight(_log.LastButOneChange));
}
