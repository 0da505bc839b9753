using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Core;

internal sealed partial class RaftCore
{
    private (ulong From, SnapshotId Id)? _snapshotWanted;

    public bool TryRestore(SnapshotId id, Membership membership)
    {
        ThrowIfReady();
        if (_log.StableIndex < _log.LastIndex)
        {
            throw new InvalidOperationException(
                $"Entries up to {_log.LastIndex} wait to be persisted, only {_log.StableIndex} are.");
        }

        if (_phase == RaftPhase.Leader || id.Index <= _log.CommitIndex)
        {
            return false;
        }

        if (id.Term > Term)
        {
            BecomeFollower(id.Term, leaderId: 0);
        }

        _log.Restore(id, _rules.KeepsTail(_log.Matches(id.Index, id.Term)));
        CommitBySight();
        Membership = membership;
        RebuildPeers();
        _snapshotWanted = null;

        // What a snapshot holds is committed, so that any leader's log has it too.
        if (LeaderId != 0)
        {
            _messages.Add(Message(RaftMessageKind.AppendReply, LeaderId) with { Index = id.Index });
        }

        return true;
    }

    private void StepFromLeader(RaftMessage message)
    {
        if (_phase == RaftPhase.Leader)
        {
            return;
        }

        if (_phase != RaftPhase.Follower)
        {
            BecomeFollower(message.Term, message.From);
        }

        LeaderId = message.From;
        _electionElapsed = 0;
        switch (message.Kind)
        {
            case RaftMessageKind.Append:
                StepAppend(message);
                break;
            case RaftMessageKind.Heartbeat:
                StepHeartbeat(message);
                break;
            default:
                StepSnapshotOffer(message);
                break;
        }
    }

    private void StepAppend(RaftMessage message)
    {
        if (!IsWhole(message))
        {
            return;
        }

        if (message.Index < _log.CommitIndex)
        {
            // Old, or a leader that does not know yet; what is committed is in its log as well.
            Acknowledge(_log.CommitIndex);
        }
        else if (_rules.TakesEntriesBehind(_log.Matches(message.Index, message.LogTerm)))
        {
            TakeEntries(message);
            var matched = message.Index + (ulong)message.Entries.Count;
            _log.CommitTo(_rules.FollowerCommit(message.Commit, matched, _log.LastIndex));
            CommitBySight();
            Acknowledge(_rules.AcknowledgedIndex(message.Index, message.Entries.Count, _log.LastIndex));
        }
        else
        {
            var (hintIndex, hintTerm) = _log.LastNotAbove(message.Index, message.LogTerm);
            _messages.Add(Message(RaftMessageKind.AppendReply, message.From) with
            {
                Reject = true,
                Index = message.Index,
                HintIndex = hintIndex,
                HintTerm = hintTerm,
            });
        }
    }

    private void TakeEntries(RaftMessage message)
    {
        foreach (var entry in message.Entries)
        {
            if (entry.Index <= _log.LastIndex)
            {
                if (_log.TryTerm(entry.Index, out var stored) && !_rules.Replaces(stored, entry.Term))
                {
                    continue;
                }

                _log.Truncate(entry.Index);
            }

            Append(entry);
        }
    }

    // In order without a gap, terms never falling: anything else never came from a leader.
    private static bool IsWhole(RaftMessage message)
    {
        var index = message.Index;
        var term = message.LogTerm;
        foreach (var entry in message.Entries)
        {
            if (entry.Index != index + 1 || entry.Term < term)
            {
                return false;
            }

            index = entry.Index;
            term = entry.Term;
        }

        return term <= message.Term;
    }

    private void StepHeartbeat(RaftMessage message)
    {
        // More than this log has was never acknowledged from here: what is there may not be the leader's.
        if (message.Commit <= _log.LastIndex)
        {
            _log.CommitTo(message.Commit);
        }

        _messages.Add(Message(RaftMessageKind.HeartbeatReply, message.From) with { Read = message.Read });
    }

    private void StepSnapshotOffer(RaftMessage message)
    {
        if (message.Index <= _log.CommitIndex)
        {
            Acknowledge(_log.CommitIndex);
        }
        else if (_log.Matches(message.Index, message.LogTerm))
        {
            // The entries are here after all; being in a snapshot they are committed.
            _log.CommitTo(message.Index);
            Acknowledge(message.Index);
        }
        else
        {
            _snapshotWanted = (message.From, new SnapshotId(message.Index, message.LogTerm));
        }
    }

    private void Acknowledge(ulong index) =>
        _messages.Add(Message(RaftMessageKind.AppendReply, LeaderId) with { Index = index });
}
