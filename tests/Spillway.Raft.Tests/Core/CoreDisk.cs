using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Tests.Core;

/// <summary>What one node has durably: in memory, and as short of I/O as the core itself.</summary>
internal sealed class CoreDisk
{
    private readonly List<RaftEntry> _entries = [];

    public HardState HardState { get; private set; }

    public SnapshotId Snapshot { get; private set; }

    public Membership Membership { get; private set; } = Membership.Empty;

    /// <summary>The state at the snapshot: all that was applied up to there.</summary>
    public IReadOnlyList<RaftEntry> State { get; private set; } = [];

    public ulong LastIndex => Snapshot.Index + (ulong)_entries.Count;

    /// <summary>The term of the entry at the index; null where it is covered by the snapshot or not there.</summary>
    public ulong? TermAt(ulong index) =>
        index == Snapshot.Index ? Snapshot.Term
        : index > Snapshot.Index && index <= LastIndex ? _entries[(int)(index - Snapshot.Index) - 1].Term
        : null;

    public RaftCoreState Recover()
    {
        var commit = Math.Clamp(HardState.Commit, Snapshot.Index, LastIndex);
        return new RaftCoreState(HardState with { Commit = commit }, Snapshot, Membership, [.. _entries]);
    }

    public void Write(HardState? hardState, IReadOnlyList<RaftEntry> entries)
    {
        foreach (var entry in entries)
        {
            var at = (int)(entry.Index - Snapshot.Index - 1);
            _entries.RemoveRange(at, _entries.Count - at);
            _entries.Add(entry);
        }

        HardState = hardState ?? HardState;
    }

    /// <summary>A snapshot of this node, or one that it fetched; the log behind it stays where it agrees.</summary>
    public void Install(SnapshotId id, Membership membership, IReadOnlyList<RaftEntry> state)
    {
        var agrees = TermAt(id.Index) == id.Term;
        _entries.RemoveRange(0, agrees ? (int)(id.Index - Snapshot.Index) : _entries.Count);
        (Snapshot, Membership, State) = (id, membership, [.. state]);
    }

    /// <summary>Terms of all entries that are held, the snapshot's first: what two equal logs have in common.</summary>
    public IEnumerable<ulong> Terms => _entries.Select(static entry => entry.Term).Prepend(Snapshot.Term);

    /// <summary>A bootstrapped node that has lived: its log holds entries of these terms, from index 2 on.</summary>
    public static CoreDisk WithLog(Membership membership, HardState hardState, params ReadOnlySpan<ulong> terms)
    {
        var disk = Bootstrapped(membership);
        foreach (var term in terms)
        {
            var index = disk.LastIndex + 1;
            disk.Write(null, [new RaftEntry(index, term, LogEntryType.Commands, CoreNode.Payload($"{index}/{term}"))]);
        }

        disk.HardState = hardState;
        return disk;
    }

    /// <summary>The synthetic snapshot that every initial voter begins with.</summary>
    public static CoreDisk Bootstrapped(Membership membership)
    {
        var disk = new CoreDisk();
        disk.Install(new SnapshotId(1, 1), membership, []);
        return disk;
    }
}
