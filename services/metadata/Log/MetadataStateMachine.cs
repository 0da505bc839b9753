using Spillway.Metadata.Snapshots;
using Spillway.Raft;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Log;

/// <summary>
/// The state as the replicated log drives it and as readers see it. One lock: the log's thread applies under it, readers ask
/// bounded questions under it, so a reader sees the state between two commands.
/// </summary>
internal sealed class MetadataStateMachine : IReplicatedStateMachine
{
    private readonly Lock _lock = new();
    private MetadataState _state = new();

    /// <summary>
    /// Called on the log's thread, under the lock, after a group of commands with what they changed: the time to tell those
    /// who watch. Must be short.
    /// </summary>
    public event Action<MetadataState>? Published;

    public object Apply(ulong index, ReadOnlyMemory<byte> command)
    {
        // The one kind of command that comes all the time is read in place.
        if (CommitBlockCommand.TryRead(command.Span, out var timeMs, out var block))
        {
            lock (_lock)
            {
                return _state.Apply(index, timeMs, new CommitBlockReader(block));
            }
        }

        var parsed = Command.Parser.ParseFrom(command.Span);
        lock (_lock)
        {
            return _state.Apply(index, parsed);
        }
    }

    public T Read<T>(Func<MetadataState, T> question)
    {
        lock (_lock)
        {
            return question(_state);
        }
    }

    public void WriteSnapshot(Stream destination)
    {
        lock (_lock)
        {
            SnapshotWriter.Write(_state, destination);
        }
    }

    public void LoadSnapshot(Stream source)
    {
        var loaded = SnapshotReader.Read(source);
        lock (_lock)
        {
            _state = loaded;
        }
    }

    public void OnGroupApplied(ulong appliedIndex)
    {
        lock (_lock)
        {
            Published?.Invoke(_state);
            _state.Changes.Clear();
        }
    }
}
