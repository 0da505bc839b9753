using Microsoft.Extensions.Logging;

namespace Spillway.Raft.Hosting;

internal sealed partial class SingleNodeEngine
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Node {NodeId} of cluster {ClusterId} recovered snapshot {SnapshotIndex} and {EntryCount} entries "
            + "up to index {LastIndex} in {ElapsedMs:F0} ms; it leads term {Term}.")]
        public static partial void Recovered(
            ILogger logger,
            ulong nodeId,
            Guid clusterId,
            ulong snapshotIndex,
            int entryCount,
            ulong lastIndex,
            ulong term,
            double elapsedMs);

        [LoggerMessage(2, LogLevel.Warning,
            "Cut {TornBytes} bytes of an unfinished write off the log's end; the last whole entry is {LastIndex}.")]
        public static partial void TornEndCut(ILogger logger, long tornBytes, ulong lastIndex);

        [LoggerMessage(3, LogLevel.Error, "The snapshot {File} cannot be used, an older one is tried: {Reason}.")]
        public static partial void SnapshotUnusable(ILogger logger, string file, string reason);

        [LoggerMessage(4, LogLevel.Debug, "Snapshot {Index} is durable, {ContentBytes} bytes.")]
        public static partial void SnapshotWritten(ILogger logger, ulong index, long contentBytes);

        [LoggerMessage(5, LogLevel.Error,
            "Snapshot {Index} could not be written; the log keeps what it would replace.")]
        public static partial void SnapshotFailed(ILogger logger, Exception exception, ulong index);
    }
}
