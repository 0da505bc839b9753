using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Hosting;

/// <summary>What a node starts from: its folder, checked, and the state machine loaded with the snapshot.</summary>
/// <param name="Identity">Whose folder it is.</param>
/// <param name="Store">Its snapshots.</param>
/// <param name="Snapshot">The newest usable one; null for none.</param>
/// <param name="Membership">The group as of the snapshot.</param>
/// <param name="Log">What follows the snapshot.</param>
internal sealed record StartedFolder(
    FolderIdentity Identity, SnapshotStore Store, SnapshotHeader? Snapshot, Membership Membership, RecoveredLog Log)
{
    public SnapshotId SnapshotId => Snapshot?.Id ?? default;

    /// <summary>What the core starts from.</summary>
    public RaftCoreState ToCoreState() => new(
        Log.HardState,
        SnapshotId,
        Membership,
        [
            .. Log.Entries.Select(static entry => new RaftEntry(
                entry.Header.Index, entry.Header.Term, entry.Header.Type, entry.Payload)),
        ]);
}
