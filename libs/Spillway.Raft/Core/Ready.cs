using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Core;

/// <summary>
/// What the host has to do now, in the order of raft-notes §2: a leader sends <see cref="Messages"/> at once; entries
/// are written, then the HardState, then flushed if <see cref="MustSync"/>; anyone else sends the messages only then;
/// committed entries are applied; reads whose index is applied are answered; then the core is advanced. Valid until
/// <see cref="IRaftCore.Advance"/>.
/// </summary>
internal sealed class Ready
{
    /// <summary>Role and leader, where they changed since the last one.</summary>
    public SoftState? SoftState { get; init; }

    /// <summary>Term, vote and commit, where one of them changed.</summary>
    public HardState? HardState { get; init; }

    /// <summary>Entries to append; the first may have an index the log has already: it replaces from there.</summary>
    public IReadOnlyList<RaftEntry> Entries { get; init; } = [];

    /// <summary>Entries that became committed, in order, to apply. All of them are durable here or in <see cref="Entries"/>.</summary>
    public IReadOnlyList<RaftEntry> Committed { get; init; } = [];

    /// <summary>Messages to send. Replies that promise durability are among them.</summary>
    public IReadOnlyList<RaftMessage> Messages { get; init; } = [];

    /// <summary>Read rounds that a quorum confirmed.</summary>
    public IReadOnlyList<ReadState> ReadStates { get; init; } = [];

    /// <summary>A snapshot that this node needs and should fetch from <c>From</c>; told again while it is missing.</summary>
    public (ulong From, SnapshotId Id)? SnapshotWanted { get; init; }

    /// <summary>
    /// Whether entries, term or vote must be durable before messages of a non-leader leave, or commit before a change of
    /// membership takes effect: forgotten, it could leave this node waiting for the vote of one that is gone. Else
    /// commit alone need not be.
    /// </summary>
    public bool MustSync { get; init; }

    /// <summary>
    /// Whether a leader's messages, too, leave only when all is durable here: they tell of the commit of a change of
    /// membership. Who is removed by it goes, and must not be needed by a leader that has forgotten the commit.
    /// </summary>
    public bool HoldsMessages { get; init; }
}
