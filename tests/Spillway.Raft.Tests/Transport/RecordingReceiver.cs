using System.Collections.Concurrent;
using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Tests.Transport;

/// <summary>Keeps what the transport hands on.</summary>
internal sealed class RecordingReceiver : IRaftReceiver
{
    public ConcurrentQueue<RaftMessage> Messages { get; } = new();

    public ConcurrentQueue<ulong> Unreachables { get; } = new();

    public ConcurrentQueue<(ulong NodeId, bool Delivered)> Served { get; } = new();

    public ConcurrentQueue<(ulong ByNodeId, ulong AppliedIndex)> Removals { get; } = new();

    /// <summary>The file it serves; null for none.</summary>
    public Func<Stream>? Snapshot { get; set; }

    public ulong AppliedIndex { get; set; }

    public void Receive(RaftMessage message) => Messages.Enqueue(message);

    public void Unreachable(ulong nodeId) => Unreachables.Enqueue(nodeId);

    public void SnapshotServed(ulong nodeId, bool delivered) => Served.Enqueue((nodeId, delivered));

    public Stream? OpenSnapshot(SnapshotId id) => Snapshot?.Invoke();

    public void Removed(ulong byNodeId, ulong appliedIndex) => Removals.Enqueue((byNodeId, appliedIndex));
}
