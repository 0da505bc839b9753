using Microsoft.Extensions.Logging;

namespace Spillway.Raft.Hosting;

internal sealed partial class ReplicatedLogEngine
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Node {NodeId} of cluster {ClusterId} recovered snapshot {SnapshotIndex} and {EntryCount} entries "
            + "up to index {LastIndex} in {ElapsedMs:F0} ms; it is in term {Term} of a group of {MemberCount}.")]
        public static partial void Recovered(
            ILogger logger,
            ulong nodeId,
            Guid clusterId,
            ulong snapshotIndex,
            int entryCount,
            ulong lastIndex,
            ulong term,
            int memberCount,
            double elapsedMs);

        [LoggerMessage(4, LogLevel.Debug, "Snapshot {Index} is durable, {ContentBytes} bytes.")]
        public static partial void SnapshotWritten(ILogger logger, ulong index, long contentBytes);

        [LoggerMessage(5, LogLevel.Error,
            "Snapshot {Index} could not be written; the log keeps what it would replace.")]
        public static partial void SnapshotFailed(ILogger logger, Exception exception, ulong index);

        [LoggerMessage(6, LogLevel.Information,
            "Snapshot {Index} of node {FromNodeId}, {ContentBytes} bytes, took the place of this node's state; "
            + "the group is {Members}.")]
        public static partial void SnapshotInstalled(
            ILogger logger, ulong index, ulong fromNodeId, long contentBytes, string members);

        [LoggerMessage(7, LogLevel.Information,
            "Snapshot {Index} was taken before this node was added; it waits for a newer one.")]
        public static partial void SnapshotNotForUs(ILogger logger, ulong index);

        [LoggerMessage(10, LogLevel.Information, "Node {NodeId} follows leader {LeaderId} in term {Term}; 0 is nobody.")]
        public static partial void LeaderChanged(ILogger logger, ulong nodeId, ulong leaderId, ulong term);

        [LoggerMessage(11, LogLevel.Information, "By entry {Index} the group is {Members}.")]
        public static partial void MembershipChanged(ILogger logger, ulong index, string members);

        [LoggerMessage(12, LogLevel.Warning, "{Message} Its log stops; its folder and its id are of no more use.")]
        public static partial void Removed(ILogger logger, string message);

        [LoggerMessage(13, LogLevel.Warning,
            "Node {NodeId} has an empty folder and hears from leader {LeaderId}, but gets no snapshot. If it was a member before, it "
            + "has lost what it promised: remove it from the group and add it under an id that was never used.")]
        public static partial void NotLetIn(ILogger logger, ulong nodeId, ulong leaderId);

        [LoggerMessage(20, LogLevel.Critical, "The replicated log in {Folder} failed; this process must be restarted.")]
        public static partial void Failed(ILogger logger, Exception exception, string folder);
    }
}
