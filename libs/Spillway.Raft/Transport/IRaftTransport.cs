using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Transport;

/// <summary>
/// Carries messages between the nodes of a group. It may lose, delay and reorder them; it never hands on what it could not
/// read wholly or what did not come from the node that it names. What arrives goes to the <see cref="IRaftReceiver"/>.
/// </summary>
internal interface IRaftTransport : IAsyncDisposable
{
    /// <summary>Begins to listen and to hand on; the receiver is called from any thread.</summary>
    Task StartAsync(IRaftReceiver receiver, CancellationToken ct);

    /// <summary>Whom to talk to; members that are gone are hung up on. Called on the log's thread.</summary>
    void SetMembers(IReadOnlyList<GroupMember> members);

    /// <summary>Queues messages and returns at once; the queue to each node is bounded, the oldest go first. Called on the log's thread.</summary>
    void Send(IReadOnlyList<RaftMessage> messages);

    /// <summary>
    /// Fetches a snapshot file (header page and content as docs/formats/metadata-snapshot.md) from the node, or a newer one it has
    /// instead, in checksummed chunks, into <paramref name="destination"/>; the caller verifies the file as a whole.
    /// </summary>
    /// <exception cref="IOException">It could not be fetched wholly.</exception>
    Task FetchSnapshotAsync(ulong from, SnapshotId id, Stream destination, CancellationToken ct);
}
