using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Spillway.Raft.Transport;

/// <summary>Every instrument of the transport, on the replicated log's meter.</summary>
internal sealed class RaftTransportMetrics
{
    private readonly Counter<long> _sent;
    private readonly Counter<long> _received;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _snapshotSent;

    public RaftTransportMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(ReplicatedLogMetrics.MeterName);
        _sent = meter.CreateCounter<long>("spillway.raft.peer.sent", "By", "Bytes of messages sent to a node.");
        _received = meter.CreateCounter<long>("spillway.raft.peer.received", "By", "Bytes of messages that came from a node.");
        _dropped = meter.CreateCounter<long>(
            "spillway.raft.peer.dropped", "{message}", "Messages that did not leave: no connection, or too many waited.");
        _connections = meter.CreateCounter<long>(
            "spillway.raft.peer.connections", "{connection}", "Connections made to a node; more than a few mean a bad network.");
        _refused = meter.CreateCounter<long>(
            "spillway.raft.handshakes.refused", "{connection}", "Connections that were refused: of another cluster, node or certificate, or not ours at all.");
        _snapshotSent = meter.CreateCounter<long>("spillway.raft.peer.snapshot.sent", "By", "Bytes of snapshots sent to a node.");
    }

    public void Sent(ulong nodeId, int bytes) => _sent.Add(bytes, Peer(nodeId));

    public void Received(ulong nodeId, int bytes) => _received.Add(bytes, Peer(nodeId));

    public void Dropped(ulong nodeId, int messages) => _dropped.Add(messages, Peer(nodeId));

    public void Connected(ulong nodeId) => _connections.Add(1, Peer(nodeId));

    public void Refused(HandshakeStatus? status) =>
        _refused.Add(1, new TagList { { "reason", status?.ToString() ?? "NotAGreeting" } });

    public void SnapshotSent(ulong nodeId, int bytes) => _snapshotSent.Add(bytes, Peer(nodeId));

    // Node ids are small numbers of a handful of nodes; the log's thread never comes here.
    private static KeyValuePair<string, object?> Peer(ulong nodeId) => new("node", (long)nodeId);
}
