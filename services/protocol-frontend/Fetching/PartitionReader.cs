using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Caching;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal.Reading;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Reads batches of a partition from wherever they lie: the tail cache, a WAL volume, an object (design.md §5). Where the index
/// has moved on meanwhile, it is resolved again at a read barrier. A prefix that could be read is an answer.
/// </summary>
internal sealed partial class PartitionReader(
    TailCache cache,
    ContainerDirectory containers,
    IPartitionIndexService index,
    WalEntryReader wal,
    ObjectFetcher objects,
    ProtocolFrontendMetrics metrics,
    ILogger<PartitionReader> logger)
{
    // A drain may swap an entry between lookup and read; more often than this in a row is not a race.
    private const int ResolveAttemptsMax = 3;
    private const int EntriesPerLookupMax = 64;

    /// <summary>
    /// Reads from <paramref name="offset"/> on, below <paramref name="endOffset"/>, as much as <paramref name="read"/> takes.
    /// </summary>
    public async ValueTask<ErrorCode> ReadAsync(
        PartitionView view, long offset, long endOffset, PartitionReadState read, CancellationToken cancellationToken)
    {
        var next = ReadCached(view.LogId, offset, endOffset, read);
        for (var attempt = 0; ;)
        {
            if (next >= endOffset || read.IsFull || (read.LeftBytes <= 0 && !read.IsOneBatchOwed))
            {
                return ErrorCode.None;
            }

            try
            {
                var reached = await ReadEntriesAsync(view, next, endOffset, read, attempt > 0, cancellationToken).ConfigureAwait(false);
                if (reached > next)
                {
                    next = ReadCached(view.LogId, reached, endOffset, read);
                    attempt = 0;
                    continue;
                }

                if (read.IsFull || !read.Batches.IsEmpty || attempt > 0)
                {
                    return ErrorCode.None;
                }
            }
            catch (Exception failure) when (failure is WalReadException or ObjectStoreException or RpcException)
            {
                LogReadFailed(logger, view.LogId, next, failure.Message);
                // What a current index names and no step of the reader gave intact is not looked for once more.
                var isFinal = failure is RpcException || (attempt > 0 && failure is WalReadException { MayHaveMoved: false });
                if (isFinal || attempt + 1 >= ResolveAttemptsMax || !read.Batches.IsEmpty)
                {
                    return read.Batches.IsEmpty ? ErrorCode.KafkaStorageError : ErrorCode.None;
                }
            }

            attempt++;
            metrics.IndexResolvedAgain();
            view.ForgetEntries();
        }
    }

    private long ReadCached(LogId logId, long offset, long endOffset, PartitionReadState read)
    {
        var before = read.Batches.Bytes;
        var next = cache.Read(logId, offset, endOffset, read);
        metrics.BytesRead(ReadSource.TailCache, read.Batches.Bytes - before);
        return next;
    }

    private async ValueTask<long> ReadEntriesAsync(
        PartitionView view, long offset, long endOffset, PartitionReadState read, bool barrier, CancellationToken cancellationToken)
    {
        var entries = new List<IndexEntry>();
        if (barrier || !view.TryFindEntries(offset, read.LeftBytes, entries) || !entries.TrueForAll(IsLocated))
        {
            entries.Clear();
            await FindEntriesAsync(view, offset, read, barrier, entries, cancellationToken).ConfigureAwait(false);
        }

        var next = offset;
        foreach (var entry in entries)
        {
            if (entry.BaseOffset > next || entry.BaseOffset >= endOffset || read.IsFull)
            {
                break;
            }

            var reached = await ReadEntryAsync(view.LogId, entry, next, read, barrier, cancellationToken).ConfigureAwait(false);
            if (reached <= next)
            {
                break;
            }

            next = reached;
        }

        return next;
    }

    private bool IsLocated(IndexEntry entry) => entry.Kind == ContainerKind.Marker || containers.Find(entry) is not null;

    private async ValueTask FindEntriesAsync(
        PartitionView view, long offset, PartitionReadState read, bool barrier, List<IndexEntry> entries, CancellationToken cancellationToken)
    {
        var request = new FindEntriesRequest
        {
            LogId = view.LogId.Value,
            Offset = offset,
            BytesMax = Math.Max(1, read.LeftBytes),
            EntriesMax = EntriesPerLookupMax,
            Barrier = barrier,
        };
        var reply = await index.FindEntriesAsync(request, cancellationToken).ConfigureAwait(false);
        containers.Learn(reply.Containers);
        entries.AddRange(reply.Entries);
    }

    private async ValueTask<long> ReadEntryAsync(
        LogId logId, IndexEntry entry, long offset, PartitionReadState read, bool isCurrent, CancellationToken cancellationToken)
    {
        var location = containers.Find(entry)
            ?? throw new WalReadException(WalReadFailure.Missing, $"container {entry.ContainerId} is not known");
        var before = read.Batches.Bytes;
        switch (entry.Kind)
        {
            case ContainerKind.WalSegment:
                var located = new LocatedEntry(entry, location, isCurrent);
                var next = await wal.ReadAsync(logId, located, offset, read, cancellationToken).ConfigureAwait(false);
                metrics.BytesRead(ReadSource.Wal, read.Batches.Bytes - before);
                return next;
            case ContainerKind.Object:
                var reached = await ReadObjectAsync(logId, entry, location, offset, read, cancellationToken).ConfigureAwait(false);
                metrics.BytesRead(ReadSource.Object, read.Batches.Bytes - before);
                return reached;
            default:
                throw new WalReadException(WalReadFailure.Corrupt, $"an index entry of kind {entry.Kind}");
        }
    }

    private async ValueTask<long> ReadObjectAsync(
        LogId logId, IndexEntry entry, ContainerLocation location, long offset, PartitionReadState read, CancellationToken cancellationToken)
    {
        var extent = new ObjectExtent(
            logId, entry.BaseOffset, entry.LastOffset, entry.MaxTimestamp, entry.Position, entry.Length);
        var fetched = await objects.ReadAsync(
            location.Path, extent, offset, (int)Math.Clamp(read.LeftBytes, 0, int.MaxValue), read.IsOneBatchOwed, cancellationToken)
            .ConfigureAwait(false);
        var next = fetched.NextOffset;
        read.Add(fetched);
        if (next <= entry.LastOffset)
        {
            read.MarkFull();
        }

        return next;
    }

    [LoggerMessage(1300, LogLevel.Warning, "Read of {LogId} at offset {Offset} failed: {Reason}")]
    private static partial void LogReadFailed(ILogger logger, LogId logId, long offset, string reason);
}
