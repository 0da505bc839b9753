using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Core;

/// <summary>
/// Consensus as a pure state machine (raft-notes §1): no clock, no I/O, no threads, no randomness but the one it is given.
/// Single-threaded. Keeps every entry since the last compaction in memory.
/// </summary>
internal interface IRaftCore
{
    ulong Term { get; }

    RaftRole Role { get; }

    /// <summary>0 when none is known.</summary>
    ulong LeaderId { get; }

    ulong LastIndex { get; }

    ulong CommitIndex { get; }

    /// <summary>The last index given out in <see cref="Ready.Committed"/> and advanced over.</summary>
    ulong AppliedIndex { get; }

    /// <summary>As of the last applied change.</summary>
    Membership Membership { get; }

    /// <summary>One tick of the clock.</summary>
    void Tick();

    /// <summary>A message from another node. Whatever it says, the state stays sound; what makes no sense is dropped.</summary>
    void Step(RaftMessage message);

    /// <summary>
    /// Takes an entry of commands: <paramref name="payload"/> has its <see cref="LogEntryHeader"/> (node, process epoch, tag, count),
    /// in which the core fills index and term. The buffer belongs to the core from then on.
    /// </summary>
    /// <returns>Whether it was taken: false without leadership, during a hand-over, and over the bound of uncommitted bytes.</returns>
    bool TryPropose(byte[] payload);

    /// <summary>
    /// The same for a change of membership; false too while another change or the term's first entry is not applied, where the
    /// change makes no sense now, and where it takes the leader's own vote: it hands over first.
    /// </summary>
    bool TryProposeChange(byte[] payload, MemberChange change);

    /// <summary>Starts a read round; its <see cref="ReadState"/> comes with a Ready, or never: ask again under a new id.</summary>
    /// <returns>False where this node does not lead.</returns>
    bool TryReadIndex(ReadId id);

    /// <summary>Hands leadership to a voter; gives up by itself after an election time-out.</summary>
    /// <returns>False where this node does not lead or the other cannot take over.</returns>
    bool TryTransferLeadership(ulong to);

    /// <summary>Campaigns at once, as a single voter does on start.</summary>
    void Campaign();

    /// <summary>A message to the node could not be sent: stop pipelining to it, probe.</summary>
    void ReportUnreachable(ulong nodeId);

    /// <summary>The node has fetched the snapshot that was offered, or failed to.</summary>
    void ReportSnapshot(ulong nodeId, bool delivered);

    /// <summary>
    /// This node has a snapshot from another one, durable: the log is dropped up to it, and wholly where its entry at that
    /// index has another term. False, and nothing changes, when this node is at or past that index by itself already.
    /// Every Ready must have been worked off: entries that are acknowledged but in no file yet may be in the log that is
    /// dropped, or behind the part of it that is, and then leave a gap in the file.
    /// </summary>
    /// <exception cref="InvalidOperationException">Entries wait to be persisted, or a Ready to be advanced over.</exception>
    bool TryRestore(SnapshotId id, Membership membership);

    /// <summary>
    /// What there is to do, if anything. One Ready at a time: <see cref="Advance"/> before the next, and before
    /// <see cref="TryRestore"/>. Ticks, messages, proposals and reads may come in between.
    /// </summary>
    bool TryReady(out Ready ready);

    /// <summary>
    /// The host applies a committed change: the new membership takes effect (or stays, where the change no longer makes sense).
    /// Called once for each entry of that type in <see cref="Ready.Committed"/>, before <see cref="Advance"/>.
    /// </summary>
    Membership ApplyChange(RaftEntry entry);

    /// <summary>The last Ready is done: persisted, sent, applied.</summary>
    void Advance();

    /// <summary>A durable snapshot covers everything up to and with <paramref name="index"/>; entries up to there may be forgotten.</summary>
    void Compact(ulong index);

    /// <summary>Per other member, for metrics and for deciding on promotion. Leader only; empty elsewhere.</summary>
    IReadOnlyList<FollowerProgress> Followers();
}
