using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Caching;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal.Reading;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Reads single index entries from where they lie: a WAL volume, an object, the index itself. Thread-safe.</summary>
internal sealed class EntryReader(ContainerDirectory containers, WalEntryReader wal, ObjectFetcher objects, BufferPool buffers)
{
    public bool IsLocated(IndexEntry entry) => entry.Kind == ContainerKind.Marker || containers.Find(entry) is not null;

    public void Learn(IReadOnlyList<ContainerLocation> locations) => containers.Learn(locations);

    /// <summary>
    /// Loads the entry's batches from the range's offset on: of a segment's all, of an object's at least one and about so many bytes. Throws
    /// <see cref="WalReadException"/> and what an object store throws.
    /// </summary>
    public async Task<LoadedEntry> LoadAsync(
        LogId logId, IndexEntry entry, EntryRange range, bool isCurrent, CancellationToken cancellationToken)
    {
        var location = containers.Find(entry)
            ?? throw new WalReadException(WalReadFailure.Missing, $"container {entry.ContainerId} is not known");
        switch (entry.Kind)
        {
            case ContainerKind.WalSegment:
                var located = new LocatedEntry(entry, location, isCurrent, range.IsBehind);
                return LoadedEntry.OfWal(entry, await wal.LoadAsync(logId, located, cancellationToken).ConfigureAwait(false));
            case ContainerKind.Object:
                var limit = (int)Math.Clamp(range.BytesMax, 1, int.MaxValue);
                var fetched = await objects.ReadAsync(
                    location.Path, ExtentOf(logId, entry), range.Offset, limit, isOneBatchOwed: true, cancellationToken, range.FlowId)
                    .ConfigureAwait(false);
                return LoadedEntry.OfObject(entry, limit, fetched);
            default:
                throw new WalReadException(WalReadFailure.Corrupt, $"an index entry of kind {entry.Kind}");
        }
    }

    /// <summary>
    /// The control batches that markers next to each other stand for: the index has no bytes of them. A run of any length costs one buffer.
    /// </summary>
    public LoadedEntry Synthesise(List<IndexEntry> entries, int start, int count)
    {
        var buffer = buffers.Rent(count * ControlBatch.BatchBytes);
        for (var i = 0; i < count; i++)
        {
            ControlBatch.Write(buffer.Span[(i * ControlBatch.BatchBytes)..], MarkerEntry.ToMarker(entries[start + i]));
        }

        return LoadedEntry.OfMarkers(entries[start + count - 1], buffer);
    }

    /// <summary>
    /// Begins to bring what a sequential reader will ask for into the cache of cold data. WAL volumes are not read ahead: what lies there
    /// is near, and the tail's cache is not for what is old.
    /// </summary>
    public void ReadAhead(LogId logId, IndexEntry entry, EntryRange range)
    {
        if (entry.Kind == ContainerKind.Object && containers.Find(entry) is { } location)
        {
            _ = objects.ReadAheadAsync(location.Path, ExtentOf(logId, entry), range.Offset, range.BytesMax, range.FlowId);
        }
    }

    /// <summary>
    /// An offset at or above <paramref name="offset"/> before which the entry has no record of the time or later: what lies between need not
    /// be read. Of an object the index tells it, of all else the offset itself is the answer. Throws what an object store throws.
    /// </summary>
    public async ValueTask<long> SeekAsync(LogId logId, IndexEntry entry, long timestampMs, long offset, CancellationToken cancellationToken) =>
        entry.Kind == ContainerKind.Object && containers.Find(entry) is { } location
            ? await objects.SeekAsync(location.Path, ExtentOf(logId, entry), timestampMs, offset, cancellationToken).ConfigureAwait(false)
            : offset;

    private static ObjectExtent ExtentOf(LogId logId, IndexEntry entry) => new(
        logId, entry.BaseOffset, entry.LastOffset, entry.MaxTimestamp, entry.Position, entry.Length);
}
