using Spillway.Kafka;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Consecutive index entries of one partition that are read side by side and taken in order: a cold read is many small ones, each with a
/// round trip of its own. No more are begun than a byte budget wants and a bound allows. One owner; what is not taken is given up.
/// </summary>
internal sealed class EntryReads : IDisposable
{
    // Sixteen 5 KB reads of a store with 20 ms are 4 MB/s; more is the read-ahead's business.
    private const int SideBySideMax = 16;
    private const int EntriesAheadMax = 64;

    private readonly EntryReader _reader;
    private readonly LogId _logId;
    private readonly List<IndexEntry> _entries;
    private readonly bool _isCurrent;
    private readonly CancellationTokenSource _givenUp;
    private readonly Queue<Task<LoadedEntry>> _begun = new();
    private readonly int _wantedCount;
    private readonly EntryRange _range;
    private long _leftBytes;
    private int _nextIndex;

    /// <summary>Begins to read the entries from the one that holds the range's first offset on.</summary>
    public EntryReads(
        EntryReader reader,
        LogId logId,
        EntryRange range,
        List<IndexEntry> entries,
        bool isCurrent,
        TailCache cache,
        CancellationToken cancellationToken)
    {
        (_reader, _logId, _entries, _isCurrent) = (reader, logId, entries, isCurrent);
        (_range, _leftBytes) = (range, range.BytesMax);
        _wantedCount = CountWanted(entries, range, logId, cache);
        _givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        BeginMore();
    }

    public bool IsEmpty => _begun.Count == 0;

    /// <summary>The next entry's batches, which are the caller's.</summary>
    public async ValueTask<LoadedEntry> TakeAsync()
    {
        var loaded = await _begun.Peek().ConfigureAwait(false);
        _ = _begun.Dequeue();
        BeginMore();
        return loaded;
    }

    /// <summary>Reads ahead what follows <paramref name="offset"/> in the entries that were found.</summary>
    public void ReadAhead(long offset, long bytes)
    {
        var count = 0;
        foreach (var entry in _entries)
        {
            if (entry.LastOffset < offset)
            {
                continue;
            }

            if (bytes <= 0 || count++ == EntriesAheadMax)
            {
                return;
            }

            _reader.ReadAhead(_logId, entry, _range with { Offset = Math.Max(offset, entry.BaseOffset), BytesMax = bytes });
            bytes -= BytesFrom(entry, offset);
        }
    }

    public void Dispose()
    {
        if (_begun.Count > 0)
        {
            _givenUp.Cancel();
        }

        while (_begun.TryDequeue(out var read))
        {
            _ = GiveUpAsync(read);
        }

        _givenUp.Dispose();
    }

    private static async Task GiveUpAsync(Task<LoadedEntry> read)
    {
        await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (read.IsCompletedSuccessfully)
        {
            read.Result.Dispose();
        }
    }

    // Consecutive ones from the first on, until they are likely to fill the budget or the next one is in memory.
    private static int CountWanted(List<IndexEntry> entries, in EntryRange range, LogId logId, TailCache cache)
    {
        var (count, bytes, next) = (0, 0L, range.Offset);
        foreach (var entry in entries)
        {
            if (entry.BaseOffset > next || entry.BaseOffset >= range.EndOffset || (count > 0 && (bytes >= range.BytesMax || cache.Holds(logId, entry.BaseOffset))))
            {
                break;
            }

            bytes += BytesFrom(entry, range.Offset);
            next = entry.LastOffset + 1;
            count++;
        }

        return count;
    }

    private void BeginMore()
    {
        while (_nextIndex < _wantedCount && _begun.Count < SideBySideMax)
        {
            var entry = _entries[_nextIndex];
            if (entry.Kind == ContainerKind.Marker)
            {
                var count = CountMarkers(_nextIndex);
                _begun.Enqueue(Task.FromResult(_reader.Synthesise(_entries, _nextIndex, count)));
                _leftBytes -= count * entry.Length;
                _nextIndex += count;
                continue;
            }

            _nextIndex++;
            var part = _range with { Offset = Math.Max(_range.Offset, entry.BaseOffset), BytesMax = _leftBytes };
            _begun.Enqueue(_reader.LoadAsync(_logId, entry, part, _isCurrent, _givenUp.Token));
            _leftBytes -= BytesFrom(entry, part.Offset);
        }
    }

    private int CountMarkers(int start)
    {
        var end = start;
        while (end < _wantedCount && _entries[end].Kind == ContainerKind.Marker)
        {
            end++;
        }

        return end - start;
    }

    // What lies at and above an offset: a guess where the offset is inside, since an index knows no more.
    private static long BytesFrom(IndexEntry entry, long offset)
    {
        var records = entry.LastOffset - entry.BaseOffset + 1;
        var left = entry.LastOffset - Math.Max(offset, entry.BaseOffset) + 1;
        return left == records ? entry.Length : (long)(entry.Length * ((double)left / records));
    }
}
