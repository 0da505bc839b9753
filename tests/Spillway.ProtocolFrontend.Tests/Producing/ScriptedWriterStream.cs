using Spillway.Rpc.Append;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>A stream to one writer that breaks when the test says so.</summary>
internal sealed class ScriptedWriterStream(NodeImage writer) : IAppendStream
{
    public NodeImage Writer { get; } = writer;

    public bool IsBroken { get; set; }

    /// <summary>As one that was just opened: nobody has answered yet.</summary>
    public bool IsConnected { get; set; }

    public bool IsDisposed { get; private set; }

    public void Append(AppendRequest request, IAppendObserver observer) => throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        IsBroken = IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
