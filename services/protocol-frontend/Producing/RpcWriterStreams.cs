using System.Collections.Concurrent;
using Spillway.Rpc;
using Spillway.Rpc.Append;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>Streams over gRPC. A writer's channel outlives its streams: its connections heal by themselves.</summary>
internal sealed class RpcWriterStreams(ProtocolFrontendOptions options) : IWriterStreams, IDisposable
{
    private readonly ConcurrentDictionary<string, RpcChannel> _channels = new(StringComparer.Ordinal);

    public IAppendStream Open(NodeImage writer)
    {
        var channel = _channels.GetOrAdd(writer.RpcAddress, static address => new RpcChannel(new Uri(address)));
        return new RemoteAppendStream(channel, options.Name);
    }

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }
    }
}
