using System.Collections.Concurrent;
using System.Threading.Channels;
using Spillway.Kafka;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Tails;

/// <summary>
/// The views of the partitions that this frontend serves. The first request for a partition subscribes it; one that nobody asks for
/// any longer is let go. Thread-safe.
/// </summary>
internal sealed class PartitionViews(TimeProvider time)
{
    private readonly ConcurrentDictionary<LogId, PartitionView> _views = new();

    // Keeps a view's coming or going and the change that says so in one order, or a new view could be unsubscribed by its predecessor.
    private readonly Lock _changeLock = new();
    private readonly Channel<TailSubscription> _changes = Channel.CreateUnbounded<TailSubscription>(
        new UnboundedChannelOptions { SingleReader = false });

    /// <summary>Subscriptions to send; bounded by the number of partitions, since each is in it once.</summary>
    public ChannelReader<TailSubscription> Changes => _changes.Reader;

    public PartitionView Get(LogId logId)
    {
        if (!_views.TryGetValue(logId, out var view))
        {
            view = Subscribe(logId);
        }

        view.LastUsedTimestamp = time.GetTimestamp();
        return view;
    }

    /// <summary>The view if the partition is served already; does not subscribe it.</summary>
    public PartitionView? Find(LogId logId) => _views.GetValueOrDefault(logId);

    /// <summary>Everything that is to be subscribed when the stream begins anew.</summary>
    public TailSubscription All()
    {
        var all = new TailSubscription();
        foreach (var logId in _views.Keys)
        {
            all.Subscribe.Add(logId.Value);
        }

        return all;
    }

    public void Apply(PartitionTail tail)
    {
        if (_views.TryGetValue(new LogId(tail.LogId), out var view))
        {
            view.Apply(tail);
            if (tail.Deleted)
            {
                _views.TryRemove(new KeyValuePair<LogId, PartitionView>(view.LogId, view));
            }
        }
    }

    /// <summary>Lets go of views that no request asked for within <paramref name="idle"/>.</summary>
    public void RemoveIdle(TimeSpan idle)
    {
        foreach (var (logId, view) in _views)
        {
            if (time.GetElapsedTime(view.LastUsedTimestamp) > idle)
            {
                Unsubscribe(logId);
            }
        }
    }

    private PartitionView Subscribe(LogId logId)
    {
        lock (_changeLock)
        {
            if (_views.TryGetValue(logId, out var view))
            {
                return view;
            }

            view = new PartitionView(logId) { LastUsedTimestamp = time.GetTimestamp() };
            _views[logId] = view;
            _changes.Writer.TryWrite(new TailSubscription { Subscribe = { logId.Value } });
            return view;
        }
    }

    private void Unsubscribe(LogId logId)
    {
        lock (_changeLock)
        {
            if (_views.TryRemove(logId, out _))
            {
                _changes.Writer.TryWrite(new TailSubscription { Unsubscribe = { logId.Value } });
            }
        }
    }
}
