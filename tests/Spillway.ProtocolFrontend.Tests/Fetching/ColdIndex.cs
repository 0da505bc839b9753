using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects.Format;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>An index of objects that bounds its answers by bytes and count, as metadata does.</summary>
internal sealed class ColdIndex : IPartitionIndexService
{
    private readonly Dictionary<long, List<IndexEntry>> _entries = [];

    public List<FindEntriesRequest> Asked { get; } = [];

    public List<FindAbortedRequest> AskedAborted { get; } = [];

    /// <summary>All that were aborted, by the order of their markers.</summary>
    public List<AbortedTransaction> Aborted { get; } = [];

    /// <summary>At most so many of them in one answer.</summary>
    public int AbortedMax { get; set; } = 1000;

    public long LogStartOffset { get; set; }

    public bool IsAway { get; set; }

    /// <summary>Called once when entries were looked up.</summary>
    public Action? AfterLookup { get; set; }

    /// <summary>The list forgets what the log start has passed.</summary>
    public void Forget() => Aborted.RemoveAll(range => range.LastOffset < LogStartOffset);

    public long EndOf(long log) => _entries.TryGetValue(log, out var entries) ? entries[^1].LastOffset + 1 : 0;

    public void Add(long log, ObjectExtent extent, long objectId)
    {
        if (!_entries.TryGetValue(log, out var entries))
        {
            _entries.Add(log, entries = []);
        }

        entries.Add(new IndexEntry
        {
            BaseOffset = extent.BaseOffset,
            LastOffset = extent.LastOffset,
            Kind = ContainerKind.Object,
            ContainerId = objectId,
            Position = extent.Position,
            Length = extent.LengthBytes,
        });
    }

    /// <summary>The end of a transaction; one that began at an offset, if it was aborted.</summary>
    public TransactionMarker AddMarker(long log, long producerId, long? abortedFrom = null)
    {
        var offset = EndOf(log);
        if (!_entries.TryGetValue(log, out var entries))
        {
            _entries.Add(log, entries = []);
        }

        entries.Add(new IndexEntry
        {
            BaseOffset = offset,
            LastOffset = offset,
            MaxTimestamp = 5000 + offset,
            Kind = ContainerKind.Marker,
            Length = ControlBatch.BatchBytes,
            ProducerId = producerId,
            ProducerEpoch = 3,
            Commit = abortedFrom is null,
            CoordinatorEpoch = 9,
            LogAppendTime = offset % 2 == 0,
        });
        if (abortedFrom is { } first)
        {
            Aborted.Add(new AbortedTransaction { ProducerId = producerId, FirstOffset = first, LastOffset = offset });
        }

        return new TransactionMarker
        {
            Type = abortedFrom is null ? ControlRecordType.Commit : ControlRecordType.Abort,
            Offset = offset,
            Timestamp = 5000 + offset,
            TimestampType = offset % 2 == 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime,
            ProducerId = producerId,
            ProducerEpoch = 3,
            CoordinatorEpoch = 9,
        };
    }

    public IAsyncEnumerable<TailUpdate> WatchTailAsync(
        IAsyncEnumerable<TailSubscription> subscriptions, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody watches here.");

    public Task<FindEntriesReply> FindEntriesAsync(FindEntriesRequest request, CancellationToken cancellationToken)
    {
        lock (Asked)
        {
            Asked.Add(request);
        }

        var end = EndOf(request.LogId);
        var reply = new FindEntriesReply { HighWatermark = end, LastStableOffset = end, LogStartOffset = LogStartOffset, LastAbortedOffset = -1 };
        if (request.Offset < LogStartOffset)
        {
            reply.ErrorCode = (int)ErrorCode.OffsetOutOfRange;
            return Task.FromResult(reply);
        }

        var bytes = 0L;
        foreach (var entry in _entries[request.LogId].Where(entry => entry.LastOffset >= request.Offset).Take(request.EntriesMax))
        {
            bytes += entry.Length;
            if (reply.Entries.Count > 0 && bytes > request.BytesMax)
            {
                break;
            }

            reply.Entries.Add(entry);
            reply.Containers.Add(new ContainerLocation
            {
                Kind = ContainerKind.Object, ContainerId = entry.ContainerId, Path = $"o/{entry.ContainerId}",
            });
        }

        AfterLookup?.Invoke();
        AfterLookup = null;
        return Task.FromResult(reply);
    }

    public Task<ListLogOffsetsReply> ListOffsetsAsync(ListLogOffsetsRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody lists here.");

    public Task<FindAbortedReply> FindAbortedAsync(FindAbortedRequest request, CancellationToken cancellationToken)
    {
        AskedAborted.Add(request);
        if (IsAway)
        {
            throw new RpcException(RpcStatusCode.Unavailable, "scripted");
        }

        var found = Aborted.Where(range => range.FirstOffset < request.ToOffset && range.LastOffset >= request.FromOffset).ToList();
        return Task.FromResult(new FindAbortedReply
        {
            Aborted = { found.Take(AbortedMax) }, More = found.Count > AbortedMax, LogStartOffset = LogStartOffset,
        });
    }
}
