using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal.Reading;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Reads batches of a partition from wherever they lie: the tail cache, a WAL volume, an object, the index (design.md §5), many index entries side
/// by side. Where the index has moved on meanwhile, it is resolved again at a read barrier. A prefix that could be read is an answer.
/// </summary>
internal sealed partial class PartitionReader(
    TailCache cache,
    EntryReader entryReader,
    IPartitionIndexService index,
    SequentialReaders sequential,
    ProtocolFrontendMetrics metrics,
    ILogger<PartitionReader> logger)
{
    // A drain may swap an entry between lookup and read; more often than this in a row is not a race.
    private const int ResolveAttemptsMax = 3;

    // As many as fill a megabyte by entries of a few records; the bytes bound it first.
    private const int EntriesPerLookupMax = 512;

    /// <summary>
    /// Begins to read a partition whose turn comes later; null where its batches are in memory or there are none. Not for more than
    /// the range's bytes, plus one batch.
    /// </summary>
    public StartedRead? Begin(PartitionView view, EntryRange range, CancellationToken cancellationToken)
    {
        if (range.Offset >= range.EndOffset || (range.Offset >= view.CompactedEnd && cache.Holds(view.LogId, range.Offset)))
        {
            return null;
        }

        var aheadBytes = sequential.AheadOf(view.LogId, range.Offset);
        return new StartedRead(range.Offset, aheadBytes, BeginEntriesAsync(view, range, aheadBytes, barrier: false, cancellationToken));
    }

    /// <summary>
    /// Reads from <paramref name="offset"/> on, below <paramref name="endOffset"/>, as much as <paramref name="read"/> takes.
    /// </summary>
    public async ValueTask<ErrorCode> ReadAsync(
        PartitionView view, long offset, long endOffset, PartitionReadState read, StartedRead? started, CancellationToken cancellationToken)
    {
        var next = ReadCached(view, offset, endOffset, read);
        for (var attempt = 0; ;)
        {
            if (next >= endOffset || read.IsFull || (read.LeftBytes <= 0 && !read.IsOneBatchOwed))
            {
                return ErrorCode.None;
            }

            try
            {
                var range = new EntryRange(next, endOffset, read.LeftBytes, read.FlowId);
                var reached = await ReadEntriesAsync(view, range, read, started, attempt > 0, cancellationToken).ConfigureAwait(false);
                if (reached > next)
                {
                    next = ReadCached(view, reached, endOffset, read);
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

    private long ReadCached(PartitionView view, long offset, long endOffset, PartitionReadState read)
    {
        var before = read.Batches.Bytes;
        var next = offset < view.CompactedEnd ? offset : cache.Read(view.LogId, offset, endOffset, read);
        metrics.BytesRead(ReadSource.TailCache, read.Batches.Bytes - before);
        read.ReachedOffset = next;
        return next;
    }

    private async ValueTask<long> ReadEntriesAsync(
        PartitionView view, EntryRange range, PartitionReadState read, StartedRead? started, bool barrier, CancellationToken cancellationToken)
    {
        var taken = barrier || started is null ? null : await started.TakeAsync(range.Offset).ConfigureAwait(false);
        using var reads = taken ?? await BeginEntriesAsync(view, range, 0, barrier, cancellationToken).ConfigureAwait(false);
        var (next, isCold) = (range.Offset, false);
        while (!reads.IsEmpty && !read.IsFull && (read.LeftBytes > 0 || read.IsOneBatchOwed))
        {
            using var loaded = await reads.TakeAsync().ConfigureAwait(false);
            var (leftBytes, before) = (read.LeftBytes, read.Batches.Bytes);
            var reached = loaded.AddTo(read, next, range.EndOffset);
            metrics.BytesRead(loaded.Source, read.Batches.Bytes - before);
            isCold |= loaded.Source == ReadSource.Object;
            (var isStuck, next) = (reached <= next, Math.Max(reached, next));
            read.ReachedOffset = next;
            if (next <= loaded.LastOffset && loaded.LimitBytes >= leftBytes)
            {
                read.MarkFull();
            }

            if (isStuck || next <= loaded.LastOffset)
            {
                break;
            }
        }

        if (isCold && taken is not null)
        {
            reads.ReadAhead(next, started!.ReadAheadBytes);
            sequential.Moved(view.LogId, started.Offset, next);
        }

        return next;
    }

    private async Task<EntryReads> BeginEntriesAsync(
        PartitionView view, EntryRange range, long aheadBytes, bool barrier, CancellationToken cancellationToken)
    {
        var entries = new List<IndexEntry>();
        var bytes = range.BytesMax + aheadBytes;
        if (barrier || !view.TryFindEntries(range.Offset, bytes, entries) || !entries.TrueForAll(entryReader.IsLocated))
        {
            entries.Clear();
            var request = new FindEntriesRequest
            {
                LogId = view.LogId.Value,
                Offset = range.Offset,
                BytesMax = Math.Max(1, bytes),
                EntriesMax = EntriesPerLookupMax,
                Barrier = barrier,
            };
            var reply = await index.FindEntriesAsync(request, cancellationToken).ConfigureAwait(false);
            entryReader.Learn(reply.Containers);
            entries.AddRange(reply.Entries);
            range = range with { IsBehind = !barrier };
        }

        return new EntryReads(entryReader, view.LogId, range, entries, barrier, cache, cancellationToken);
    }

    [LoggerMessage(1300, LogLevel.Warning, "Read of {LogId} at offset {Offset} failed: {Reason}")]
    private static partial void LogReadFailed(ILogger logger, LogId logId, long offset, string reason);
}
