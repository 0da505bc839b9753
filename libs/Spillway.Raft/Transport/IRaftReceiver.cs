using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Transport;

/// <summary>The host as its transport sees it. Safe to call from any thread; nothing here blocks.</summary>
internal interface IRaftReceiver
{
    /// <summary>What is applied here: told to a node that greets and is no member as of then.</summary>
    ulong AppliedIndex { get; }

    /// <summary>A message from a node whose identity the transport has checked.</summary>
    void Receive(RaftMessage message);

    /// <summary>Messages to the node were dropped or could not be sent.</summary>
    void Unreachable(ulong nodeId);

    /// <summary>The node fetched a snapshot from here, or failed to.</summary>
    void SnapshotServed(ulong nodeId, bool delivered);

    /// <summary>Opens the newest durable snapshot file for a node that fetches it, if it is at least <paramref name="id"/>'s index; else null.</summary>
    Stream? OpenSnapshot(SnapshotId id);

    /// <summary>
    /// A member says that this node is no longer one, as of what it had applied. Believed when that is more than what was
    /// applied here and this node took itself for a member: ids are never reused. The log then stops for good.
    /// </summary>
    void Removed(ulong byNodeId, ulong appliedIndex);
}
