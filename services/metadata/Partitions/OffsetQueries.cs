using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>Questions about offsets and entries, answered from the state; each is bounded whatever the log's length.</summary>
internal static class OffsetQueries
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const long EarliestLocal = -4;
    private const long LatestTiered = -5;
    private const long EarliestPendingUpload = -6;

    private const int EntriesDefault = 100;
    private const int EntriesMax = 1000;
    private const int AbortedMax = 10_000;

    public static FindEntriesReply FindEntries(MetadataState state, FindEntriesRequest request)
    {
        if (state.Topics.FindLog(request.LogId) is not { } log)
        {
            return new FindEntriesReply
            {
                ErrorCode = (int)ErrorCode.UnknownTopicId,
                HighWatermark = -1,
                LastStableOffset = -1,
                LogStartOffset = -1,
                LastAbortedOffset = -1,
            };
        }

        var reply = new FindEntriesReply
        {
            HighWatermark = log.HighWatermark,
            LastStableOffset = log.LastStableOffset,
            LogStartOffset = log.LogStartOffset,
            LastAbortedOffset = log.Aborted.LastOffset,
        };
        if (request.Offset < log.LogStartOffset || request.Offset > log.HighWatermark)
        {
            reply.ErrorCode = (int)ErrorCode.OffsetOutOfRange;
            return reply;
        }

        AddEntries(state, log, request, reply);
        return reply;
    }

    public static ListLogOffsetsReply ListOffsets(MetadataState state, ListLogOffsetsRequest request)
    {
        var reply = new ListLogOffsetsReply();
        var told = new HashSet<(ContainerKind, long)>();
        foreach (var query in request.Queries)
        {
            var result = ListOffsets(state, query);
            reply.Results.Add(result);
            if (result.Scan is { } scan && told.Add((scan.Kind, scan.ContainerId))
                && state.Containers.Find(scan.Kind, scan.ContainerId) is { } container)
            {
                reply.Containers.Add(container.ToLocation());
            }
        }

        return reply;
    }

    /// <summary>Whether the state knows how every transaction ended that reaches below the offset; a log that is gone has none.</summary>
    public static bool IsStable(MetadataState state, long logId, long offset) =>
        state.Topics.FindLog(logId) is not { } log || log.LastStableOffset >= offset;

    public static FindAbortedReply FindAborted(MetadataState state, FindAbortedRequest request)
    {
        if (state.Topics.FindLog(request.LogId) is not { } log)
        {
            return new FindAbortedReply { ErrorCode = (int)ErrorCode.UnknownTopicId };
        }

        var found = new List<AbortedRange>();
        var countMax = request.CountMax <= 0 ? AbortedMax : Math.Min(request.CountMax, AbortedMax);
        var reply = new FindAbortedReply
        {
            More = log.Aborted.Find(request.FromOffset, request.ToOffset, countMax, found),
            LogStartOffset = log.LogStartOffset,
        };
        foreach (var range in found)
        {
            reply.Aborted.Add(new AbortedTransaction
            {
                ProducerId = range.ProducerId, FirstOffset = range.FirstOffset, LastOffset = range.LastOffset,
            });
        }

        return reply;
    }

    private static void AddEntries(MetadataState state, PartitionLog log, FindEntriesRequest request, FindEntriesReply reply)
    {
        var entriesMax = request.EntriesMax <= 0 ? EntriesDefault : Math.Min(request.EntriesMax, EntriesMax);
        var told = new HashSet<(ContainerKind, long)>();
        long bytes = 0;
        for (var cursor = log.Index.Find(request.Offset);
            !log.Index.IsEnd(cursor) && reply.Entries.Count < entriesMax;
            cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            bytes += entry.Length;
            if (reply.Entries.Count > 0 && bytes > request.BytesMax)
            {
                return;
            }

            reply.Entries.Add(entry.ToMessage());
            if (entry.Kind != ContainerKind.Marker && told.Add((entry.Kind, entry.ContainerId))
                && state.Containers.Find(entry.Kind, entry.ContainerId) is { } container)
            {
                reply.Containers.Add(container.ToLocation());
            }
        }
    }

    private static LogOffsetResult ListOffsets(MetadataState state, LogOffsetQuery query)
    {
        if (state.Topics.FindLog(query.LogId) is not { } log)
        {
            return new LogOffsetResult
            {
                ErrorCode = (int)ErrorCode.UnknownTopicOrPartition,
                Offset = -1,
                Timestamp = -1,
                LogStartOffset = -1,
                EndOffset = -1,
            };
        }

        var end = query.IsolationLevel == 0 ? log.HighWatermark : log.LastStableOffset;
        var result = new LogOffsetResult
        {
            Offset = -1,
            Timestamp = -1,
            LogStartOffset = log.LogStartOffset,
            EndOffset = end,
        };
        switch (query.Timestamp)
        {
            case Latest:
                result.Offset = end;
                break;
            case Earliest:
                result.Offset = log.LogStartOffset;
                break;
            case EarliestLocal:
                result.Offset = FirstWalOffset(log) ?? end;
                break;
            case LatestTiered:
                result.Offset = (FirstWalOffset(log) ?? log.HighWatermark) - 1;
                result.Offset = result.Offset < log.LogStartOffset ? -1 : result.Offset;
                break;
            case EarliestPendingUpload:
                result.Offset = FirstWalOffset(log) ?? -1;
                break;
            case MaxTimestamp:
                SetScan(result, log, log.Index.FindMaxTime(log.LogStartOffset));
                break;
            case >= 0:
                SetScan(result, log, log.Index.FindTime(query.Timestamp, Math.Max(query.FromOffset, log.LogStartOffset)));
                break;
            default:
                result.ErrorCode = (int)ErrorCode.InvalidRequest;
                break;
        }

        return result;
    }

    private static long? FirstWalOffset(PartitionLog log)
    {
        var cursor = log.Index.FindWal();
        return log.Index.IsEnd(cursor) ? null : Math.Max(log.Index[cursor].BaseOffset, log.LogStartOffset);
    }

    private static void SetScan(LogOffsetResult result, PartitionLog log, IndexCursor cursor)
    {
        if (!log.Index.IsEnd(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];

            // A marker is one record, so there is nothing to look for in it.
            result.Scan = entry.Kind == ContainerKind.Marker ? null : entry.ToMessage();
            result.Offset = Math.Max(entry.BaseOffset, log.LogStartOffset);
            result.Timestamp = entry.MaxTimestamp;
        }
    }
}
