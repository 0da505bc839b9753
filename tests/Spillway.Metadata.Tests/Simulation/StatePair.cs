using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Metadata.Snapshots;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Simulation;

/// <summary>
/// Two states that get the same commands. One is replaced by its own snapshot now and then; no answer may ever tell which.
/// </summary>
internal sealed class StatePair
{
    private readonly MetadataState _untouched = new();
    private ulong _index;

    public MetadataState State { get; private set; } = new();

    public long NowMs { get; set; } = 1_000_000;

    public T Apply<T>(Command command)
    {
        command.TimeMs = NowMs;
        var bytes = command.ToByteArray();
        _index++;
        var expected = _untouched.Apply(_index, bytes);
        var result = State.Apply(_index, bytes);
        State.Changes.Clear();
        _untouched.Changes.Clear();
        Assert.Equal(expected, result);
        return (T)result;
    }

    public void RestoreFromSnapshot()
    {
        var bytes = Write(State);
        Assert.Equal(Write(_untouched), bytes);
        using var stream = new MemoryStream(bytes);
        State = SnapshotReader.Read(stream);
        Assert.Equal(bytes, Write(State));
    }

    private static byte[] Write(MetadataState state)
    {
        using var stream = new MemoryStream();
        SnapshotWriter.Write(state, stream);
        return stream.ToArray();
    }
}
