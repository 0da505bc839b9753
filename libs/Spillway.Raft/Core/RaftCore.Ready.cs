using System.Diagnostics;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Core;

internal sealed partial class RaftCore
{
    // Asked after every step, and mostly there is nothing: it must not cost anything then.
    private readonly Ready _nothing = new();
    private Ready? _ready;
    private SoftState _told;
    private HardState _written;

    public bool TryReady(out Ready ready)
    {
        ThrowIfReady();
        if (_phase == RaftPhase.Leader)
        {
            SendHeartbeats();
            SendAppends();
        }

        var soft = new SoftState(Role, LeaderId);
        var hard = new HardState(Term, _vote, _log.CommitIndex);
        var promises = hard.Term != _written.Term || hard.Vote != _written.Vote;
        ready = _nothing;
        if (soft == _told && hard == _written && _snapshotWanted is null && _messages.Count == 0 && _readStates.Count == 0
            && _log.StableIndex >= _log.LastIndex && _log.AppliedIndex >= _log.CommitIndex)
        {
            return false;
        }

        var entries = _log.Slice(_log.StableIndex + 1, _log.LastIndex);
        ready = new Ready
        {
            SoftState = soft == _told ? null : soft,
            HardState = hard == _written ? null : hard,
            Entries = entries,
            Committed = _log.Slice(_log.AppliedIndex + 1, _log.CommitIndex),
            Messages = _messages.Count == 0 ? [] : _messages.ToArray(),
            ReadStates = _readStates.Count == 0 ? [] : _readStates.ToArray(),
            SnapshotWanted = _snapshotWanted,
            MustSync = promises || entries.Length > 0 || _log.HasUnappliedChange,
            HoldsMessages = _log.HasUnappliedChange,
        };
        Debug.Assert(
            _phase != RaftPhase.Leader || !promises,
            "A leader's messages leave before its HardState is durable: its term and vote must be so already.");
        _messages.Clear();
        _readStates.Clear();
        _snapshotWanted = null;
        _told = soft;
        _ready = ready;
        return true;
    }

    public void Advance()
    {
        var ready = _ready ?? throw new InvalidOperationException("There is no Ready to advance over.");
        _ready = null;
        if (ready.Entries.Count > 0)
        {
            var last = ready.Entries[^1];
            _log.MarkStable(last.Index, last.Term);
        }

        if (ready.Committed.Count > 0)
        {
            _log.AppliedTo(ready.Committed[^1].Index);
        }

        if (ready.HardState is { } hard)
        {
            _written = hard;
            CountOwnVote(hard);
        }

        if (_phase == RaftPhase.Leader)
        {
            CommitByQuorum();
        }

        if (_campaignDue is { } transfer && !_log.HasUnappliedChange)
        {
            _campaignDue = null;
            Campaign(transfer);
        }
    }

    public void Compact(ulong index) => _log.Compact(index);

    private void CountOwnVote(HardState durable)
    {
        if (_phase == RaftPhase.Candidate && durable.Term == Term
            && _rules.OwnVoteCounts(durable: true))
        {
            CountVote(_options.NodeId, granted: true);
        }
    }

    private void ThrowIfReady()
    {
        if (_ready is not null)
        {
            throw new InvalidOperationException("The last Ready has not been advanced over.");
        }
    }
}
