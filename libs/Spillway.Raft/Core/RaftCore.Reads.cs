namespace Spillway.Raft.Core;

internal sealed partial class RaftCore
{
    private readonly List<ReadId> _earlyReads = [];
    private readonly List<ReadRound> _rounds = [];
    private readonly List<ReadState> _readStates = [];

    // A heartbeat carries the newest round; its reply confirms the older ones as well.
    private ReadId LastRound => _rounds.Count == 0 ? default : _rounds[^1].Id;

    public bool TryReadIndex(ReadId id)
    {
        if (_phase != RaftPhase.Leader)
        {
            return false;
        }

        if (_rules.MayRead(_log.TryTerm(_log.CommitIndex, out var term) && term == Term))
        {
            StartRead(id);
        }
        else
        {
            _earlyReads.Add(id);
        }

        return true;
    }

    private void StartEarlyReads()
    {
        foreach (var id in _earlyReads)
        {
            StartRead(id);
        }

        _earlyReads.Clear();
    }

    private void StartRead(ReadId id)
    {
        _rounds.Add(new ReadRound(id, _log.CommitIndex));
        _heartbeatDue = true;
        ConfirmReads(_options.NodeId, id);
    }

    private void ConfirmReads(ulong nodeId, ReadId acknowledged)
    {
        for (var i = _rounds.Count - 1; i >= 0; i--)
        {
            if (_rules.ConfirmsRead(acknowledged, _rounds[i].Id))
            {
                _rounds[i].Confirm(nodeId);
                AnswerReads();
                return;
            }
        }
    }

    private void AnswerReads()
    {
        for (var i = _rounds.Count - 1; i >= 0; i--)
        {
            if (IsConfirmed(_rounds[i]))
            {
                for (var done = 0; done <= i; done++)
                {
                    _readStates.Add(new ReadState(_rounds[done].Id, _rounds[done].Index));
                }

                _rounds.RemoveRange(0, i + 1);
                return;
            }
        }
    }

    private bool IsConfirmed(ReadRound round)
    {
        var confirmed = 0;
        foreach (var peer in _peers)
        {
            confirmed += _rules.CountsInQuorum(peer.Member) && round.IsConfirmedBy(peer.NodeId) ? 1 : 0;
        }

        return confirmed >= Quorum;
    }
}
