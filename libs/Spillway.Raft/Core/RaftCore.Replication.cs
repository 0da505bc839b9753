using System.Buffers.Binary;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Core;

internal sealed partial class RaftCore
{
    private Peer[] _peers = [];
    private long _uncommittedBytes;
    private int _heartbeatElapsed;
    private bool _heartbeatDue;

    public bool TryPropose(byte[] payload)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(payload.Length, LogEntryHeader.Bytes);
        if (!TakesProposal(payload.Length))
        {
            return false;
        }

        AppendOwn(payload, LogEntryType.Commands);
        return true;
    }

    public void ReportUnreachable(ulong nodeId) => FindPeer(nodeId)?.Lost();

    public void ReportSnapshot(ulong nodeId, bool delivered) => FindPeer(nodeId)?.SnapshotEnded(delivered);

    public IReadOnlyList<FollowerProgress> Followers()
    {
        var followers = new List<FollowerProgress>();
        foreach (var peer in _phase == RaftPhase.Leader ? _peers : [])
        {
            if (peer.NodeId != _options.NodeId)
            {
                followers.Add(new FollowerProgress(
                    peer.NodeId, peer.Match, peer.State == PeerState.Snapshot, peer.RecentlyActive));
            }
        }

        return followers;
    }

    private bool TakesProposal(int bytes) =>
        _phase == RaftPhase.Leader
        && _rules.TakesProposals(_transferee != 0)
        && !_losesVote
        && (_uncommittedBytes == 0 || _uncommittedBytes + bytes <= _options.UncommittedBytesMax);

    private void AppendOwn(byte[] payload, LogEntryType type)
    {
        var index = _log.LastIndex + 1;
        BinaryPrimitives.WriteUInt64LittleEndian(payload, index);
        BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(8), Term);
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(16), (byte)type);
        _uncommittedBytes += payload.Length;
        Append(new RaftEntry(index, Term, type, payload));
    }

    private void StepToLeader(RaftMessage message)
    {
        if (_phase != RaftPhase.Leader || FindPeer(message.From) is not { } peer || message.Index > _log.LastIndex)
        {
            return;
        }

        peer.RecentlyActive = true;
        if (message.Kind == RaftMessageKind.HeartbeatReply)
        {
            StepHeartbeatReply(peer, message);
        }
        else if (message.Reject)
        {
            var hint = message.HintTerm == 0
                ? message.HintIndex
                : _log.LastNotAbove(message.HintIndex, message.HintTerm).Index;
            peer.Reject(message.Index, _rules.ProbeBehind(hint, peer.Match));
        }
        else if (peer.Acknowledge(message.Index, _log.FirstIndex))
        {
            HandOverIfReady();
            CommitByQuorum();
        }
    }

    private void StepHeartbeatReply(Peer peer, RaftMessage message)
    {
        // It lives: a probe or an append that got no answer was lost, or will be answered besides.
        peer.ProbeSent = false;
        peer.AskDue = peer.Match < _log.LastIndex;
        ConfirmReads(peer.NodeId, message.Read);
    }

    private void CommitByQuorum()
    {
        if (_losesVote)
        {
            LeaveToAnother();
            return;
        }

        var index = QuorumMatch();
        if (index <= _log.CommitIndex || !_log.TryTerm(index, out var term) || !_rules.CommitsByCounting(term, Term))
        {
            return;
        }

        for (var committed = _log.CommitIndex + 1; committed <= index; committed++)
        {
            _uncommittedBytes -= _log.At(committed).Payload.Length;
        }

        _log.CommitTo(index);
        StartEarlyReads();
    }

    // The largest index that a quorum of the voters holds.
    private ulong QuorumMatch()
    {
        Span<ulong> matches = _peers.Length <= 32 ? stackalloc ulong[_peers.Length] : new ulong[_peers.Length];
        var counted = 0;
        foreach (var peer in _peers)
        {
            if (_rules.CountsInQuorum(peer.Member))
            {
                matches[counted++] = peer.NodeId == _options.NodeId
                    ? _rules.OwnMatch(_log.StableIndex, _log.LastIndex)
                    : peer.Match;
            }
        }

        matches = matches[..counted];
        matches.Sort();
        return Quorum <= counted ? matches[counted - Quorum] : 0;
    }

    private void SendHeartbeats()
    {
        if (!_heartbeatDue)
        {
            return;
        }

        _heartbeatDue = false;
        var read = LastRound;
        foreach (var peer in _peers)
        {
            if (peer.NodeId != _options.NodeId)
            {
                _messages.Add(Message(RaftMessageKind.Heartbeat, peer.NodeId) with
                {
                    Commit = _rules.HeartbeatCommit(_log.CommitIndex, peer.Match),
                    Read = read,
                });
            }
        }
    }

    private void SendAppends()
    {
        foreach (var peer in _peers)
        {
            if (peer.NodeId != _options.NodeId)
            {
                SendAppends(peer);
            }
        }
    }

    private void SendAppends(Peer peer)
    {
        if (peer.Next < _log.FirstIndex)
        {
            peer.NeedsSnapshot();
        }

        switch (peer.State)
        {
            case PeerState.Snapshot:
                OfferSnapshot(peer);
                break;
            case PeerState.Probe when !peer.ProbeSent:
                SendAppend(peer, _log.Slice(peer.Next, _log.LastIndex, _options.MessageBytesMax));
                peer.ProbeSent = true;
                break;
            case PeerState.Replicate:
                Replicate(peer);
                break;
        }
    }

    private void Replicate(Peer peer)
    {
        while (peer.Next <= _log.LastIndex && !peer.Window.IsFull)
        {
            var entries = _log.Slice(peer.Next, _log.LastIndex, _options.MessageBytesMax);
            SendAppend(peer, entries);
            peer.Sent(entries[^1].Index);
        }

        // Without entries: for the commit index, and to be told if something sent before did not arrive.
        if (peer.AskDue || Math.Min(_log.CommitIndex, peer.Next - 1) > peer.SentCommit)
        {
            SendAppend(peer, []);
        }
    }

    private void SendAppend(Peer peer, RaftEntry[] entries)
    {
        var previous = peer.Next - 1;
        _log.TryTerm(previous, out var term);
        _messages.Add(Message(RaftMessageKind.Append, peer.NodeId) with
        {
            Index = previous,
            LogTerm = term,
            Commit = _log.CommitIndex,
            Entries = entries,
        });
        peer.SentCommit = Math.Min(_log.CommitIndex, previous + (ulong)entries.Length);
        peer.AskDue = false;
    }

    private void OfferSnapshot(Peer peer)
    {
        if (peer.OfferDue)
        {
            _messages.Add(Message(RaftMessageKind.SnapshotOffer, peer.NodeId) with
            {
                Index = _log.Compacted.Index,
                LogTerm = _log.Compacted.Term,
            });
            peer.OfferMade(_log.Compacted);
        }
    }

    private Peer? FindPeer(ulong nodeId)
    {
        foreach (var peer in _peers)
        {
            if (peer.NodeId == nodeId)
            {
                return peer;
            }
        }

        return null;
    }

    private void ResetLeadership()
    {
        _uncommittedBytes = 0;
        _heartbeatElapsed = 0;
        _heartbeatDue = false;
        _transferee = 0;
        _losesVote = false;
        _earlyReads.Clear();
        _rounds.Clear();
    }
}
