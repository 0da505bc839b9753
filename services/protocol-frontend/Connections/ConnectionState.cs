using Spillway.ProtocolFrontend.Producing;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>What handlers keep with a connection. Touched by the connection's reader only, but for what says otherwise.</summary>
internal sealed class ConnectionState : IDisposable
{
    /// <summary>
    /// The end of the chain of this connection's produces: the next one is submitted to a writer when this one was
    /// (not when it is done), so that a connection's order is kept.
    /// </summary>
    public Task LastProduceSubmitted { get; set; } = Task.CompletedTask;

    /// <summary>Whether this connection's produces may still be sent. Thread-safe.</summary>
    public ProduceOrder Order { get; } = new();

    /// <summary>The writer stream that this connection's produces go to.</summary>
    public IAppendStream? Writer { get; set; }

    /// <summary>What the client said it is (KIP-511); empty where it did not. Thread-safe.</summary>
    public string SoftwareName { get; set; } = "";

    /// <summary>The version of that. Thread-safe.</summary>
    public string SoftwareVersion { get; set; } = "";

    /// <summary>Names that the client has used.</summary>
    public InternedNames Names { get; } = new();

    /// <summary>Produces that are over, to be used again. Thread-safe.</summary>
    public ProduceCallPool ProduceCalls { get; } = new();

    public void Dispose() => Writer = null;
}
