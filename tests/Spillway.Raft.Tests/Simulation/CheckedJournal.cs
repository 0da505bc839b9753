using Spillway.Raft.Tests.Support;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>A node's state in one life of its process: a journal that tells the checker of all that is done to it.</summary>
internal sealed class CheckedJournal(ulong nodeId, HistoryChecker checker) : IReplicatedStateMachine
{
    private readonly JournalStateMachine _journal = new();

    public int Count => _journal.Ids.Count;

    public int Loads => _journal.Loads;

    public ulong PublishedIndex => _journal.PublishedIndex;

    public object? Apply(ulong index, ReadOnlyMemory<byte> command)
    {
        var position = _journal.Ids.Count;
        var result = _journal.Apply(index, command);
        checker.OnApplied(nodeId, position, index, _journal.Ids[position]);
        return result;
    }

    public void WriteSnapshot(Stream destination) => _journal.WriteSnapshot(destination);

    public void LoadSnapshot(Stream source)
    {
        var replaced = _journal.Ids.Count;
        _journal.LoadSnapshot(source);
        checker.OnLoaded(nodeId, replaced, _journal.Ids);
    }

    public void OnGroupApplied(ulong appliedIndex)
    {
        checker.Require(appliedIndex >= _journal.PublishedIndex, HistoryRule.NeverBack,
            $"node {nodeId} publishes entry {appliedIndex} after {_journal.PublishedIndex}");
        _journal.OnGroupApplied(appliedIndex);
    }
}
