using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>An index that answers every lookup from one list of entries and remembers which were made at a read barrier.</summary>
internal sealed class ScriptedPartitionIndex : IPartitionIndexService
{
    public List<bool> Barriers { get; } = [];

    public List<IndexEntry> Entries { get; } = [];

    public List<ContainerLocation> Containers { get; } = [];

    /// <summary>Called before each lookup: a drain may happen there.</summary>
    public Action? BeforeLookup { get; set; }

    public IAsyncEnumerable<TailUpdate> WatchTailAsync(
        IAsyncEnumerable<TailSubscription> subscriptions, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody watches here.");

    public Task<FindEntriesReply> FindEntriesAsync(FindEntriesRequest request, CancellationToken cancellationToken)
    {
        BeforeLookup?.Invoke();
        Barriers.Add(request.Barrier);
        var reply = new FindEntriesReply();
        reply.Entries.AddRange(Entries.Where(entry => entry.LastOffset >= request.Offset));
        reply.Containers.AddRange(Containers);
        return Task.FromResult(reply);
    }

    public Task<ListLogOffsetsReply> ListOffsetsAsync(ListLogOffsetsRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody lists here.");

    public Task<FindAbortedReply> FindAbortedAsync(FindAbortedRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nobody reads committed records here.");
}
