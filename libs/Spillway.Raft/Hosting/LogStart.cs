using Microsoft.Extensions.Logging;
using Spillway.Raft.Core;
using Spillway.Raft.Files;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Opens a node's folder: identity, newest whole snapshot, log. An empty folder begins a new group, by a snapshot that says
/// who its first voters are, durable before anything else is done under that membership; or, of a node that joins, it stays
/// without members until a snapshot comes.
/// </summary>
internal sealed partial class LogStart(
    ReplicatedLogOptions options,
    IReplicatedStateMachine stateMachine,
    ILogFolder folder,
    ulong processEpoch,
    ILogger logger)
{
    private readonly List<ulong> _unusable = [];

    public StartedFolder Run()
    {
        var identity = FolderIdentity.Establish(folder, options, processEpoch);
        var store = new SnapshotStore(folder, identity);
        var hasLog = folder.List().Any(static name => SegmentHeader.TryParseName(name, out _));
        var snapshot = LoadNewest(store);
        if (snapshot is null && !hasLog)
        {
            snapshot = Begin(identity, store);
        }

        var recovered = new LogRecovery(folder, identity, snapshot?.Id ?? default).Run();
        if (recovered.TornBytes > 0)
        {
            Log.TornEndCut(logger, recovered.TornBytes, recovered.LastIndex);
        }

        foreach (var index in _unusable)
        {
            // The log made up for it; as evidence it stays, as a snapshot it must not count towards the two kept.
            folder.Rename(SnapshotHeader.NameOf(index), SnapshotHeader.NameOf(index) + ".bad");
        }

        return new StartedFolder(identity, store, snapshot, MembershipOf(identity, snapshot), recovered);
    }

    private SnapshotHeader? LoadNewest(SnapshotStore store)
    {
        foreach (var index in store.List())
        {
            if (store.Verify(index, out var reason) is { } header)
            {
                store.Load(header, stateMachine.LoadSnapshot);
                return header;
            }

            Log.SnapshotUnusable(logger, PathOf(index), reason);
            _unusable.Add(index);
        }

        return null;
    }

    private SnapshotHeader? Begin(FolderIdentity identity, SnapshotStore store)
    {
        if (_unusable.Count > 0)
        {
            throw new LogCorruptException(
                PathOf(_unusable[0]), 0, "no snapshot is usable, and there is no log to make up for them");
        }

        if (identity.Origin == FolderOrigin.Joined)
        {
            return null;
        }

        var first = store.WriteFirst(FirstVoters(), options.WriteFirstState);
        store.Load(first, stateMachine.LoadSnapshot);
        return first;
    }

    private Membership MembershipOf(FolderIdentity identity, SnapshotHeader? snapshot) => snapshot switch
    {
        not null => new Membership(snapshot.Members),
        null when identity.Origin == FolderOrigin.Joined => Membership.Empty,

        // A log from before groups: the node alone, though nothing says so.
        null => new Membership([Self()]),
    };

    private IReadOnlyList<GroupMember> FirstVoters() => options.InitialVoters.Count == 0
        ? [Self()]
        : [.. options.InitialVoters.OrderBy(static member => member.NodeId)];

    private GroupMember Self() => new(options.NodeId, Voter: true, options.Address, options.ServiceAddress);

    private string PathOf(ulong index) => Path.Combine(folder.Path, SnapshotHeader.NameOf(index));

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Warning,
            "Cut {TornBytes} bytes of an unfinished write off the log's end; the last whole entry is {LastIndex}.")]
        public static partial void TornEndCut(ILogger logger, long tornBytes, ulong lastIndex);

        [LoggerMessage(3, LogLevel.Error, "The snapshot {File} cannot be used, an older one is tried: {Reason}.")]
        public static partial void SnapshotUnusable(ILogger logger, string file, string reason);
    }
}
