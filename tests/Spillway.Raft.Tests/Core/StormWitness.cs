using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Core;

/// <summary>
/// Sees everything that happens to all nodes and knows what must never happen: figure 3.2 of the Raft thesis, and reads that
/// go back in time.
/// </summary>
internal sealed class StormWitness
{
    private readonly Dictionary<ulong, ulong> _leaders = [];
    private readonly Dictionary<(ulong Index, ulong Term), (RaftEntry Entry, ulong PreviousTerm)> _written = [];
    private readonly List<RaftEntry> _applied = [];
    private readonly Dictionary<ReadId, ulong> _reads = [];
    private readonly Dictionary<ulong, string> _memberships = [];

    /// <summary>Entries that were applied anywhere.</summary>
    public int AppliedCount => _applied.Count;

    public int LeaderCount => _leaders.Count;

    public int ReadCount { get; private set; }

    private ulong AppliedIndex => _applied.Count == 0 ? 1 : _applied[^1].Index;

    public void Leads(CoreNode node)
    {
        var term = node.Core.Term;
        if (_leaders.TryGetValue(term, out var other))
        {
            Check(other == node.Id, $"election safety: {other} and {node.Id} lead term {term}");
            return;
        }

        _leaders[term] = node.Id;
        foreach (var entry in _applied)
        {
            Check(
                entry.Index < node.Disk.Snapshot.Index || node.Disk.TermAt(entry.Index) == entry.Term,
                $"leader completeness: {node.Id} leads term {term} without the applied entry {entry.Index}");
        }
    }

    public void Writes(CoreNode node, IReadOnlyList<RaftEntry> entries)
    {
        var previous = entries.Count == 0 ? null : node.Disk.TermAt(entries[0].Index - 1);
        foreach (var entry in entries)
        {
            if (_written.TryGetValue((entry.Index, entry.Term), out var other))
            {
                Check(
                    Same(entry, other.Entry) && (previous is null || previous == other.PreviousTerm),
                    $"log matching: node {node.Id} has another entry ({entry.Index}, {entry.Term})");
            }
            else if (previous is { } term)
            {
                _written[(entry.Index, entry.Term)] = (entry, term);
            }

            previous = entry.Term;
        }
    }

    public void Applies(CoreNode node, RaftEntry entry)
    {
        if (entry.Index > AppliedIndex)
        {
            Check(entry.Index == AppliedIndex + 1, $"node {node.Id} applies {entry.Index} behind {AppliedIndex}");
            _applied.Add(entry);
        }
        else
        {
            var known = _applied[(int)(entry.Index - 2)];
            Check(
                known.Term == entry.Term && Same(entry, known),
                $"state machine safety: node {node.Id} applies another entry {entry.Index}");
        }
    }

    public void Changes(CoreNode node)
    {
        foreach (var (index, membership) in node.Changes)
        {
            var members = string.Join(',', membership.Members);
            Check(
                members == _memberships.GetValueOrDefault(index, members),
                $"node {node.Id} has other members at {index}: {members} instead of {_memberships.GetValueOrDefault(index)}");
            _memberships[index] = members;
        }
    }

    public void ReadBegins(ReadId id) => _reads[id] = AppliedIndex;

    public void ReadAnswered(ReadState read)
    {
        ReadCount++;
        Check(
            read.Index >= _reads[read.Id],
            $"stale read: {read.Id} may be answered at {read.Index}, before {_reads[read.Id]}");
    }

    public static void Check(bool sound, string complaint)
    {
        if (!sound)
        {
            throw new UnsoundException(complaint);
        }
    }

    private static bool Same(RaftEntry a, RaftEntry b) => a.Payload.Span.SequenceEqual(b.Payload.Span);
}
