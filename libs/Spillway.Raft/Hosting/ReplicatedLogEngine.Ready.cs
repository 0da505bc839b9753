using System.Buffers.Binary;
using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Hosting;

internal sealed partial class ReplicatedLogEngine
{
    /// <summary>Does all the core wants done, and what becomes possible by that.</summary>
    private void Drain()
    {
        do
        {
            while (Core.TryReady(out var ready))
            {
                Handle(ready);
            }
        }
        while (Leadership.IsLeader && (_reads.TryBegin(Core, _seams.Time.GetTimestamp()) || Running.Changes.TryNext()));

        if (Running.IsRecovered)
        {
            PublishLeadership();
        }

        // Only now: who hears that leadership was handed over asks who leads.
        Running.Transfer.Check();

        if (_removedBy is { } index)
        {
            throw new NodeRemovedException($"Node {_options.NodeId} was removed from its group by entry {index}.");
        }
    }

    /// <summary>
    /// The order on which everything hangs. A leader's messages leave at once, beside its own write, for they promise nothing
    /// of its own disk; anyone else's are acknowledgements and votes, which leave when they are durable. Nothing is applied
    /// before it is durable here, published before it is applied, or answered before it is published.
    /// </summary>
    private void Handle(Ready ready)
    {
        EndLeadershipIfLost();
        if (ready.SoftState is { Role: RaftRole.Candidate })
        {
            _metrics.ElectionBegun();
        }

        var promises = ready.HardState is { } hard && !IsKept(hard);
        var atOnce = _seams.Rules.SendsAtOnce(Core.Role == RaftRole.Leader, promises || ready.HoldsMessages);
        if (atOnce)
        {
            Send(ready.Messages);
        }

        Persist(ready);
        if (!atOnce)
        {
            Send(ready.Messages);
        }

        foreach (var entry in ready.Committed)
        {
            Apply(entry);
        }

        foreach (var state in ready.ReadStates)
        {
            _reads.Confirm(state);
        }

        _reads.Answer(_appliedIndex);
        NoteContact();
        if (ready.SnapshotWanted is { } wanted)
        {
            Running.Fetch?.Want(wanted.From, wanted.Id);
        }

        Core.Advance();
    }

    private bool IsKept(HardState hard) =>
        hard.Term == Running.Log.HardState.Term && hard.Vote == Running.Log.HardState.Vote;

    private void Send(IReadOnlyList<RaftMessage> messages)
    {
        if (messages.Count > 0)
        {
            _seams.Transport?.Send(messages);
        }
    }

    private void Persist(Ready ready)
    {
        var log = Running.Log;
        var hard = ready.HardState ?? log.HardState;
        if (!ready.MustSync)
        {
            log.RememberCommit(hard.Commit);
            return;
        }

        var started = _seams.Time.GetTimestamp();
        log.Append(ready.Entries, hard);
        if (_seams.Rules.Flushes(ready))
        {
            log.Flush();
        }

        _metrics.Flushed(_seams.Time.GetElapsedTime(started), log.Bytes);
    }

    private void Apply(RaftEntry entry)
    {
        if (!LogEntryHeader.TryRead(entry.Payload.Span, out var header) || header.Index != entry.Index)
        {
            throw new LogFailedException($"Entry {entry.Index} cannot be read.");
        }

        var own = _seams.Rules.IsOwn(
            header.NodeId == _options.NodeId && header.ProcessEpoch == _seams.ProcessEpoch);
        var key = _seams.Rules.PendingKey(header.Tag, entry.Index);
        var proposers = own ? _pending.Find(key) : null;
        switch (entry.Type)
        {
            case LogEntryType.Commands:
                ApplyCommands(entry, header.CommandCount, proposers);
                break;
            case LogEntryType.Membership:
                ApplyChange(entry, header);
                break;
            default:
                throw new LogFailedException($"Entry {entry.Index} is of type {(byte)entry.Type}, which is not known.");
        }

        // Published before it is answered: whoever has an answer reads at least that state.
        _appliedTerm = entry.Term;
        Publish(entry.Index);
        if (proposers is not null)
        {
            Answer(proposers, entry.Index);
            _pending.Done(key, proposers);
        }

        Running.Snapshots.Count(entry.Payload.Length);
        _trailing.Applied(entry.Payload.Length);
        _metrics.EntryApplied(header.CommandCount, LogRecord.AlignedBytes(entry.Payload.Length));
    }

    private void ApplyCommands(RaftEntry entry, int count, List<PendingProposal>? proposers)
    {
        var position = LogEntryHeader.Bytes;
        for (var i = 0; i < count; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(entry.Payload.Span[position..]);
            position += sizeof(int);
            var result = _stateMachine.Apply(entry.Index, entry.Payload.Slice(position, length));
            position += length;
            if (proposers is not null)
            {
                proposers[i].Result = result;
            }
        }
    }

    private void ApplyChange(RaftEntry entry, in LogEntryHeader header)
    {
        var before = Core.Membership;
        var after = Core.ApplyChange(entry);
        var changed = !before.Members.SequenceEqual(after.Members);
        if (changed)
        {
            SetMembership(after);
            Running.Snapshots.Demand();
            Log.MembershipChanged(_seams.Logger, entry.Index, Describe(after));
            if (before.Find(_options.NodeId) is not null && after.Find(_options.NodeId) is null)
            {
                // Told when the step is through, after what is still to be sent. Nobody needs its vote any more: a leader never
                // commits its own removal, and the one that did had that on its disk before it told anyone.
                _removedBy = entry.Index;
            }
        }

        Running.Changes.Applied(header, changed);
    }

    private void Publish(ulong index)
    {
        if (Running.IsRecovered)
        {
            _stateMachine.OnGroupApplied(index);
        }

        Volatile.Write(ref _appliedIndex, index);
    }

    private void Answer(List<PendingProposal> proposers, ulong index)
    {
        var measured = _metrics.CommitDurationEnabled;
        foreach (var proposal in proposers)
        {
            proposal.Complete(index);
            if (measured)
            {
                _metrics.Committed(_seams.Time.GetElapsedTime(proposal.EnqueuedTimestamp));
            }
        }
    }

    /// <summary>
    /// A snapshot has come from another node and is whole and flushed. From its new name on it counts at the next start,
    /// whatever the log holds, so that a crash between any two lines here leaves a node that starts.
    /// </summary>
    private void Install(SnapshotHeader header)
    {
        // Entries of the same step that only the core has so far: the file must have them before a part of them goes.
        Drain();

        var membership = new Membership(header.Members);
        if (header.Id.Index <= Core.CommitIndex || Core.Role == RaftRole.Leader || !IsForThisNode(membership, header.Id))
        {
            Running.Store.DeleteFetched();
            return;
        }

        if (_seams.Rules.AdoptsBeforeLog)
        {
            Running.Store.AdoptFetched(header);
        }

        if (!Core.TryRestore(header.Id, membership))
        {
            return;
        }

        if (!_seams.Rules.AdoptsBeforeLog)
        {
            GoOnBehind(header.Id);
            Running.Store.AdoptFetched(header);
        }

        Running.Store.Load(header, _stateMachine.LoadSnapshot);
        GoOnBehind(header.Id);

        Running.Snapshots.BeginBehind(header.Id.Index, header.ContentBytes);
        _trailing.BeginBehind(header.Id.Index);
        _appliedTerm = header.Id.Term;
        SetMembership(membership);
        Running.NamesMembers = true;
        Publish(header.Id.Index);
        Log.SnapshotInstalled(_seams.Logger, header.Id.Index, header.NodeId, header.ContentBytes, Describe(membership));
    }

    private void GoOnBehind(SnapshotId id)
    {
        if (Core.LastIndex == id.Index)
        {
            Running.Log.GoOnBehind(id);
        }
    }

    private bool IsForThisNode(Membership membership, SnapshotId id)
    {
        var self = membership.Find(_options.NodeId);
        if (self is null)
        {
            // Taken before this node was added; the leader takes another one for the change that adds it.
            Log.SnapshotNotForUs(_seams.Logger, id.Index);
            return false;
        }

        if (self.Voter && Core.Membership.Members.Count == 0)
        {
            throw new LogFailedException(
                $"Node {_options.NodeId} has an empty folder, but is a voter of its group: it has lost what it promised. "
                + "Remove it from the group and add it under an id that was never used.");
        }

        return true;
    }

    private void OnSnapshot(ulong index, long contentBytes, Exception? failure)
    {
        if (failure is null)
        {
            Core.Compact(_trailing.ForgetUpTo(index));
            Running.NamesMembers = true;
            Log.SnapshotWritten(_seams.Logger, index, contentBytes);
        }
        else
        {
            Log.SnapshotFailed(_seams.Logger, failure, index);
        }
    }
}
