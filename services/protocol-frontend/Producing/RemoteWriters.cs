using System.Collections.Concurrent;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc;
using Spillway.Rpc.Append;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// Writers in other processes, as metadata knows them: one long-lived stream a writer, shared by all connections. A connection stays with
/// its writer while that one lives and its stream works.
/// </summary>
internal sealed class RemoteWriters(
    ClusterView cluster, ProtocolFrontendOptions options, ProtocolFrontendMetrics metrics) : IWriters, IAsyncDisposable
{
    private readonly ConcurrentDictionary<(int WriterId, long Epoch), RemoteWriter> _writers = new();
    private readonly Lock _openLock = new();                        // so that a writer's stream is opened once

    public IAppendStream? Choose(ConnectionState connection, string connectionId)
    {
        if (connection.Writer is RemoteAppendStream { IsBroken: false } current)
        {
            return current;
        }

        var chosen = Pick(connectionId);
        connection.Writer = chosen is null ? null : Open(chosen);
        return connection.Writer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var writer in _writers.Values)
        {
            await writer.Stream.DisposeAsync().ConfigureAwait(false);
            writer.Channel.Dispose();
        }
    }

    // Partition-independent, by connection: a connection's order is kept because all it sends goes one way.
    private NodeImage? Pick(string connectionId)
    {
        var own = new List<NodeImage>();
        var others = new List<NodeImage>();
        foreach (var node in cluster.Image.Nodes)
        {
            if (node is { Kind: NodeKind.Writer, Live: true })
            {
                (node.Zone == options.Zone ? own : others).Add(node);
            }
        }

        if (own.Count == 0 && options.AllowOtherZoneWriter && others.Count > 0)
        {
            metrics.OtherZoneWriterChosen();
            own = others;
        }

        return own.Count == 0 ? null : own[(int)((uint)connectionId.GetHashCode(StringComparison.Ordinal) % (uint)own.Count)];
    }

    private RemoteAppendStream Open(NodeImage node)
    {
        var key = (node.NodeId, node.Epoch);
        lock (_openLock)
        {
            if (_writers.TryGetValue(key, out var known) && !known.Stream.IsBroken)
            {
                return known.Stream;
            }

            // A broken stream's channel is kept: its connections heal by themselves.
            var channel = known?.Channel ?? new RpcChannel(new Uri(node.RpcAddress));
            var stream = new RemoteAppendStream(channel, options.Name);
            _writers[key] = new RemoteWriter(channel, stream);
            return stream;
        }
    }

    private sealed record RemoteWriter(RpcChannel Channel, RemoteAppendStream Stream);
}
