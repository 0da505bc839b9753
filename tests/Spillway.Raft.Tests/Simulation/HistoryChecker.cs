namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// Hears of everything that a cluster's nodes apply and answer, in the order in which it happens, and throws at the
/// first thing that breaks a <see cref="HistoryRule"/>. Knows nothing of consensus.
/// </summary>
internal sealed class HistoryChecker
{
    // The one sequence, as far as anyone has applied it.
    private readonly List<(long Id, ulong Index)> _sequence = [];
    private readonly Dictionary<long, int> _positions = [];
    private readonly HashSet<long> _proposed = [];
    private readonly HashSet<long> _refused = [];
    private readonly Dictionary<ulong, (ulong NodeId, int Life)> _leaders = [];
    private ulong _acknowledgedIndex;

    /// <summary>The first violation: it stays known where whoever ran into it swallows the exception.</summary>
    public HistoryViolationException? Violation { get; private set; }

    /// <summary>Commands that anyone has applied.</summary>
    public int Applied => _sequence.Count;

    public int Acknowledged { get; private set; }

    public int Refused => _refused.Count;

    public int Unknown { get; private set; }

    public int Reads { get; private set; }

    public int Terms => _leaders.Count;

    /// <summary>A proposer is about to propose; ids are never used twice.</summary>
    public void OnProposed(long id) => _proposed.Add(id);

    /// <summary>A node applies a command, its state being that many commands long before.</summary>
    public void OnApplied(ulong nodeId, int position, ulong index, long id)
    {
        if (position < _sequence.Count)
        {
            var there = _sequence[position];
            Require(there == (id, index), HistoryRule.OneSequence,
                $"node {nodeId} applies command {id} of entry {index} as number {position}, "
                + $"where command {there.Id} of entry {there.Index} was applied");
            return;
        }

        Require(position == _sequence.Count, HistoryRule.OneSequence,
            $"node {nodeId} applies number {position} when nobody has applied {_sequence.Count}");
        Require(_proposed.Contains(id), HistoryRule.OnceOnly, $"nobody proposed command {id}");
        Require(!_refused.Contains(id), HistoryRule.HonestRefusal,
            $"command {id} was refused as not taken, and node {nodeId} applies it in entry {index}");
        Require(_positions.TryAdd(id, position), HistoryRule.OnceOnly,
            $"node {nodeId} applies command {id} a second time, in entry {index}");
        Require(position == 0 || _sequence[^1].Index <= index, HistoryRule.OneSequence,
            $"node {nodeId} applies entry {index} behind entry {(position == 0 ? 0 : _sequence[^1].Index)}");
        _sequence.Add((id, index));
    }

    /// <summary>A node replaces its state by a snapshot's.</summary>
    public void OnLoaded(ulong nodeId, int replaced, IReadOnlyList<long> ids)
    {
        Require(ids.Count >= replaced, HistoryRule.NeverBack,
            $"node {nodeId} replaces {replaced} commands by a snapshot of {ids.Count}");
        Require(ids.Count <= _sequence.Count, HistoryRule.OneSequence,
            $"node {nodeId} loads {ids.Count} commands, but only {_sequence.Count} were ever applied");
        for (var position = 0; position < ids.Count; position++)
        {
            Require(ids[position] == _sequence[position].Id, HistoryRule.OneSequence,
                $"node {nodeId} loads command {ids[position]} as number {position}, "
                + $"where command {_sequence[position].Id} was applied");
        }
    }

    /// <summary>A proposer gets its result: the position of its command.</summary>
    public void OnAcknowledged(long id, ulong index, int position)
    {
        Require(position < _sequence.Count && _sequence[position] == (id, index), HistoryRule.OwnResult,
            $"command {id} was answered with number {position} of entry {index}, "
            + (position < _sequence.Count
                ? $"where command {_sequence[position].Id} of entry {_sequence[position].Index} is"
                : "which nobody has applied"));
        Acknowledged++;
        _acknowledgedIndex = Math.Max(_acknowledgedIndex, index);
    }

    /// <summary>A proposer learns that its command was not taken.</summary>
    public void OnRefused(long id)
    {
        Require(!_positions.ContainsKey(id), HistoryRule.HonestRefusal,
            $"command {id} is refused as not taken, and was applied");
        _refused.Add(id);
    }

    /// <summary>A proposer learns nothing: anything may be true.</summary>
    public void OnUnknown() => Unknown++;

    /// <summary>A read begins; what it returns is for <see cref="OnRead"/>.</summary>
    public ulong BeginRead() => _acknowledgedIndex;

    /// <summary>A read's barrier ends on a node.</summary>
    public void OnRead(ulong nodeId, ulong floor, ulong index, ulong appliedIndex)
    {
        Reads++;
        Require(index >= floor, HistoryRule.FreshRead,
            $"a read on node {nodeId} sees entry {index}, but entry {floor} was acknowledged before it began");
        Require(index <= appliedIndex, HistoryRule.FreshRead,
            $"a read on node {nodeId} is promised entry {index}, but only {appliedIndex} is applied there");
    }

    /// <summary>A node says that it leads.</summary>
    public void OnLeading(ulong nodeId, int life, ulong term)
    {
        if (!_leaders.TryAdd(term, (nodeId, life)))
        {
            var (leader, itsLife) = _leaders[term];
            Require((nodeId, life) == (leader, itsLife), HistoryRule.OneLeader,
                $"node {nodeId} in life {life} leads term {term}, which node {leader} in life {itsLife} led");
        }
    }

    /// <summary>At the end a node's state is everything.</summary>
    public void OnSettled(ulong nodeId, int commands) =>
        Require(commands == _sequence.Count, HistoryRule.NothingLost,
            $"node {nodeId} ends with {commands} of {_sequence.Count} commands");

    public void ThrowIfViolated()
    {
        if (Violation is { } violation)
        {
            throw violation;
        }
    }

    /// <summary>For what somebody else has found.</summary>
    public void Require(bool holds, HistoryRule rule, string what)
    {
        if (!holds)
        {
            var violation = new HistoryViolationException(rule, what);
            Violation ??= violation;
            throw violation;
        }
    }
}
