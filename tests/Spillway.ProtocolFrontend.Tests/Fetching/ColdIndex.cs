using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects.Format;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>An index of objects that bounds its answers by bytes and count, as metadata does.</summary>
internal sealed class ColdIndex : IPartitionIndexService
{
    private readonly Dictionary<long, List<IndexEntry>> _entries = [];

    public List<FindEntriesRequest> Asked { get; } = [];

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
        var reply = new FindEntriesReply { HighWatermark = end, LastStableOffset = end };
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

        return Task.FromResult(reply);
    }

    public Task<ListLogOffsetsReply> ListOffsetsAsync(ListLogOffsetsRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody lists here.");

    public Task<FindAbortedReply> FindAbortedAsync(FindAbortedRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody reads committed records here.");
}
