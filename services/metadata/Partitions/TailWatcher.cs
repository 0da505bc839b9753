using System.Threading.Channels;
using Spillway.Metadata.Log;
using Spillway.Rpc;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>
/// One stream of tail updates: which logs it follows, which of them have news, how much of each it was told. A log with news
/// is noted once however much there is, so a slow stream costs nothing. Everything here happens under the state's lock.
/// </summary>
internal sealed class TailWatcher
{
    // What one update holds at most: the lock is held for some hundred microseconds.
    private const int LogsPerUpdate = 256;
    private const int EntriesPerUpdate = 1024;

    // News of one log older than this many entries are left to FindEntries.
    private const int EntriesPerLog = 64;
    private const int EntriesAtFirst = 16;
    private const int ContainersRemembered = 16_384;

    private readonly Dictionary<long, long> _toldOffsets = [];
    private readonly HashSet<long> _news = [];
    private readonly Queue<long> _newsInOrder = [];
    private readonly HashSet<(ContainerKind, long)> _toldContainers = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public IEnumerable<long> LogIds => _toldOffsets.Keys;

    /// <summary>Completes when there may be news; throws once the watcher was ended.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _wake.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw StreamEnd.Of(e);
        }
    }

    /// <summary>Makes every wait end with the reason.</summary>
    public void End(RpcException reason) => _wake.Writer.TryComplete(reason);

    public bool Follow(long logId)
    {
        var isNew = _toldOffsets.TryAdd(logId, -1);
        if (!isNew)
        {
            // Asked again: told again.
            _toldOffsets[logId] = -1;
        }

        Note(logId);
        return isNew;
    }

    public bool Unfollow(long logId)
    {
        _news.Remove(logId);
        return _toldOffsets.Remove(logId);
    }

    public void Note(long logId)
    {
        if (_news.Add(logId))
        {
            _newsInOrder.Enqueue(logId);
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>The next part of the news; null when there are none. Logs that are gone are added to <paramref name="gone"/>.</summary>
    public TailUpdate? TakeNews(MetadataState state, List<long> gone)
    {
        var update = new TailUpdate();
        var entries = 0;
        while (update.Partitions.Count < LogsPerUpdate && entries < EntriesPerUpdate
            && _newsInOrder.TryDequeue(out var logId))
        {
            if (_news.Remove(logId) && _toldOffsets.TryGetValue(logId, out var told))
            {
                var tail = Tell(state, logId, told, update);
                entries += tail.Entries.Count;
                update.Partitions.Add(tail);
                if (tail.Deleted)
                {
                    gone.Add(logId);
                }
            }
        }

        if (_newsInOrder.Count > 0)
        {
            _wake.Writer.TryWrite(true);
        }

        return update.Partitions.Count > 0 ? update : null;
    }

    private PartitionTail Tell(MetadataState state, long logId, long told, TailUpdate update)
    {
        if (state.Topics.FindLog(logId) is not { } log)
        {
            return new PartitionTail { LogId = logId, Deleted = true };
        }

        _toldOffsets[logId] = log.HighWatermark;
        var tail = new PartitionTail
        {
            LogId = logId,
            HighWatermark = log.HighWatermark,
            LastStableOffset = log.LastStableOffset,
            LogStartOffset = log.LogStartOffset,
            LastAbortedOffset = log.Aborted.LastOffset,
            CompactedEnd = log.Cleaning?.CompactedEnd ?? 0,
        };
        var cursor = IndexCursor.Later(
            log.Index.Find(Math.Max(told, log.LogStartOffset)),
            log.Index.FromEnd(told < 0 ? EntriesAtFirst : EntriesPerLog));
        for (; !log.Index.IsEnd(cursor); cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            tail.Entries.Add(entry.ToMessage());
            if (entry.Kind != ContainerKind.Marker && _toldContainers.Add((entry.Kind, entry.ContainerId))
                && state.Containers.Find(entry.Kind, entry.ContainerId) is { } container)
            {
                update.Containers.Add(container.ToLocation());
            }
        }

        if (_toldContainers.Count > ContainersRemembered)
        {
            // Telling a location again costs less than remembering all of them for ever.
            _toldContainers.Clear();
        }

        return tail;
    }
}
