using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Core;

/// <summary>
/// The entries behind the last compaction, in memory, and how far they are durable, committed and applied. Owned by one
/// core. Appending, truncating and compacting cost what they touch, never the whole log.
/// </summary>
internal sealed class RaftLogBuffer
{
    private const int LeastCapacity = 64;

    private readonly List<ulong> _changes = [];
    private RaftEntry?[] _entries = [];
    private int _head;
    private int _count;

    public RaftLogBuffer(SnapshotId compacted, IReadOnlyList<RaftEntry> stable)
    {
        Compacted = compacted;
        StableIndex = CommitIndex = AppliedIndex = compacted.Index;
        foreach (var entry in stable)
        {
            if (entry.Index != LastIndex + 1 || entry.Term < LastTerm)
            {
                throw new ArgumentException($"Entry {entry.Index} of term {entry.Term} does not follow {LastIndex}.", nameof(stable));
            }

            Append(entry);
        }

        StableIndex = LastIndex;
    }

    /// <summary>The last entry that is not held any more: a durable snapshot covers it.</summary>
    public SnapshotId Compacted { get; private set; }

    public ulong FirstIndex => Compacted.Index + 1;

    public ulong LastIndex => Compacted.Index + (ulong)_count;

    public ulong LastTerm => _count == 0 ? Compacted.Term : At(LastIndex).Term;

    /// <summary>The last index that is on this node's disk.</summary>
    public ulong StableIndex { get; private set; }

    public ulong CommitIndex { get; private set; }

    public ulong AppliedIndex { get; private set; }

    /// <summary>The indexes of the changes of membership that are held.</summary>
    public IReadOnlyList<ulong> Changes => _changes;

    /// <summary>The index of the last but one change of membership that is held; 0 for none.</summary>
    public ulong LastButOneChange => _changes.Count < 2 ? 0 : _changes[^2];

    /// <summary>Whether a committed change of membership has not been applied yet.</summary>
    public bool HasUnappliedChange
    {
        get
        {
            for (var i = _changes.Count - 1; i >= 0 && _changes[i] > AppliedIndex; i--)
            {
                if (_changes[i] <= CommitIndex)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public RaftEntry At(ulong index) => _entries[_head + (int)(index - FirstIndex)]!;

    /// <summary>The term of the entry at the index; false where that entry is compacted away or not there yet.</summary>
    public bool TryTerm(ulong index, out ulong term)
    {
        if (index == Compacted.Index)
        {
            term = Compacted.Term;
            return true;
        }

        var held = index > Compacted.Index && index <= LastIndex;
        term = held ? At(index).Term : 0;
        return held;
    }

    public bool Matches(ulong index, ulong term) => TryTerm(index, out var own) && own == term;

    /// <summary>
    /// The largest index, not above <paramref name="index"/>, whose term is not above <paramref name="term"/>: two logs cannot agree
    /// behind it. Its term is 0 where it is compacted away.
    /// </summary>
    public (ulong Index, ulong Term) LastNotAbove(ulong index, ulong term)
    {
        index = Math.Min(index, LastIndex);
        for (; TryTerm(index, out var own); index--)
        {
            if (own <= term || index == 0)
            {
                return (index, own);
            }
        }

        return (index, 0);
    }

    public void Append(RaftEntry entry)
    {
        if (_head + _count == _entries.Length)
        {
            MakeRoom();
        }

        _entries[_head + _count++] = entry;
        if (entry.Type == LogEntryType.Membership)
        {
            _changes.Add(entry.Index);
        }
    }

    /// <summary>Drops the entry at the index and all behind it.</summary>
    public void Truncate(ulong index)
    {
        if (index <= CommitIndex)
        {
            throw new InvalidOperationException($"Entry {index} is committed ({CommitIndex}) and cannot be replaced.");
        }

        var kept = (int)(index - FirstIndex);
        Array.Clear(_entries, _head + kept, _count - kept);
        _count = kept;
        StableIndex = Math.Min(StableIndex, LastIndex);
        while (_changes.Count > 0 && _changes[^1] > LastIndex)
        {
            _changes.RemoveAt(_changes.Count - 1);
        }
    }

    /// <summary>The entries [first, last], as many as fit in the bytes but one at least.</summary>
    public RaftEntry[] Slice(ulong first, ulong last, long bytesMax = long.MaxValue)
    {
        if (first > last)
        {
            return [];
        }

        long bytes = 0;
        var end = first;
        for (; end <= last; end++)
        {
            bytes += At(end).Payload.Length;
            if (bytes > bytesMax && end > first)
            {
                break;
            }
        }

        var slice = new RaftEntry[end - first];
        Array.Copy(_entries, _head + (int)(first - FirstIndex), slice, 0, slice.Length);
        return slice;
    }

    /// <summary>Everything up to the entry is durable, unless it was replaced meanwhile.</summary>
    public void MarkStable(ulong index, ulong term)
    {
        if (index > StableIndex && Matches(index, term))
        {
            StableIndex = index;
        }
    }

    public void CommitTo(ulong index) => CommitIndex = Math.Max(CommitIndex, Math.Min(index, LastIndex));

    public void AppliedTo(ulong index) => AppliedIndex = Math.Max(AppliedIndex, index);

    public void Compact(ulong index)
    {
        if (index > AppliedIndex)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"Only {AppliedIndex} is applied.");
        }

        if (index > Compacted.Index)
        {
            Forget(index, At(index).Term);
        }
    }

    /// <summary>A snapshot took the place of everything up to it; what follows it in the log stays, or goes.</summary>
    public void Restore(SnapshotId id, bool keepTail)
    {
        if (keepTail && id.Index <= LastIndex)
        {
            Forget(id.Index, id.Term);
        }
        else
        {
            _entries = [];
            _changes.Clear();
            _head = _count = 0;
            Compacted = id;
            StableIndex = id.Index;
        }

        StableIndex = Math.Max(StableIndex, id.Index);
        CommitIndex = Math.Max(CommitIndex, id.Index);
        AppliedIndex = Math.Max(AppliedIndex, id.Index);
    }

    private void Forget(ulong index, ulong term)
    {
        var forgotten = (int)(index - Compacted.Index);
        Array.Clear(_entries, _head, forgotten);
        _head += forgotten;
        _count -= forgotten;
        Compacted = new SnapshotId(index, term);
        _changes.RemoveAll(change => change <= index);
    }

    // Half empty in front: what is left moves there. Each entry moves a constant number of times on the average.
    private void MakeRoom()
    {
        var target = _head >= Math.Max(_count, LeastCapacity)
            ? _entries
            : new RaftEntry?[Math.Max(LeastCapacity, _count * 2)];
        Array.Copy(_entries, _head, target, 0, _count);
        if (ReferenceEquals(target, _entries))
        {
            Array.Clear(_entries, _count, _head);
        }

        _entries = target;
        _head = 0;
    }
}
