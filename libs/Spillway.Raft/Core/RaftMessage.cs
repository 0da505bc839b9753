namespace Spillway.Raft.Core;

/// <summary>
/// A message of the consensus. One shape for all kinds; <see cref="RaftMessageKind"/> says which fields mean what.
/// Immutable; entries are shared with the log, never copied.
/// </summary>
internal sealed record RaftMessage(RaftMessageKind Kind, ulong From, ulong To, ulong Term)
{
    /// <summary>Append and SnapshotOffer: index before the entries, or of the snapshot; replies: acknowledged index; votes: last index.</summary>
    public ulong Index { get; init; }

    /// <summary>The term of the entry at <see cref="Index"/>.</summary>
    public ulong LogTerm { get; init; }

    /// <summary>The leader's commit index (never above what the receiver is known to hold, in a heartbeat).</summary>
    public ulong Commit { get; init; }

    /// <summary>Replies: no.</summary>
    public bool Reject { get; init; }

    /// <summary>A rejected append: the largest index at which the receiver's log may agree.</summary>
    public ulong HintIndex { get; init; }

    /// <summary>A rejected append: the term at <see cref="HintIndex"/> in the receiver's log.</summary>
    public ulong HintTerm { get; init; }

    /// <summary>Heartbeats and their replies: the round of read barriers they confirm; never used twice by a process.</summary>
    public ReadId Read { get; init; }

    /// <summary>Votes: asked for in a hand-over of leadership, so check-quorum's leader lease does not apply.</summary>
    public bool Transfer { get; init; }

    /// <summary>Append: the entries, in order without a gap.</summary>
    public IReadOnlyList<RaftEntry> Entries { get; init; } = [];
}
