namespace Spillway.Raft.Core;

internal sealed partial class RaftCore
{
    // Whom leadership is being handed to; 0 nobody. Given up by the leader's tick after an election time-out.
    private ulong _transferee;

    public bool TryTransferLeadership(ulong to)
    {
        if (_phase != RaftPhase.Leader || to == _options.NodeId || !Membership.IsVoter(to))
        {
            return false;
        }

        if (_transferee != to)
        {
            _transferee = to;
            _electionElapsed = 0;
            HandOverIfReady();
        }

        return true;
    }

    // Only to a node that has the whole log, or it would lose the election it is sent into.
    private void HandOverIfReady()
    {
        if (_transferee != 0 && FindPeer(_transferee) is { } peer && peer.Match == _log.LastIndex)
        {
            Send(RaftMessageKind.TimeoutNow, _transferee);
        }
    }

    // To the first that has the whole log, and again after an election time-out.
    private void LeaveToAnother()
    {
        foreach (var peer in _peers)
        {
            if (_transferee == 0 && peer.NodeId != _options.NodeId && peer.Member.Voter && peer.Match == _log.LastIndex)
            {
                TryTransferLeadership(peer.NodeId);
            }
        }
    }

    private void StepTimeoutNow(RaftMessage message)
    {
        if (LeaderId == message.From || LeaderId == 0)
        {
            Campaign(transfer: true);
        }
    }
}
