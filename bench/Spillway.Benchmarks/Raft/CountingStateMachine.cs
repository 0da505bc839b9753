using Spillway.Raft;

namespace Spillway.Benchmarks.Raft;

/// <summary>As little state as there can be: what is measured is the log.</summary>
internal sealed class CountingStateMachine : IReplicatedStateMachine
{
    private long _count;

    public object? Apply(ulong index, ReadOnlyMemory<byte> command)
    {
        _count++;
        return null;
    }

    public void WriteSnapshot(Stream destination) => destination.Write(BitConverter.GetBytes(_count));

    public void LoadSnapshot(Stream source)
    {
        var bytes = new byte[sizeof(long)];
        source.ReadExactly(bytes);
        _count = BitConverter.ToInt64(bytes);
    }

    public void OnGroupApplied(ulong appliedIndex)
    {
    }
}
