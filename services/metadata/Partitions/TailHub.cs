using Spillway.Metadata.Log;
using Spillway.Rpc;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Partitions;

/// <summary>Tells tail watchers which of their logs have news, as soon as commands were applied. All under the state's lock.</summary>
internal sealed class TailHub
{
    private readonly MetadataStateMachine _machine;
    private readonly Dictionary<long, List<TailWatcher>> _byLog = [];
    private readonly HashSet<TailWatcher> _watchers = [];

    public TailHub(MetadataStateMachine machine, MetadataNode node)
    {
        _machine = machine;
        machine.Published += Publish;
        node.LeadChanged += lead =>
        {
            if (lead is null)
            {
                EndAll(LogFailures.NotLeading(node.Leadership));
            }
        };
    }

    public void Add(TailWatcher watcher) => _machine.Read(_ => _watchers.Add(watcher));

    public void Change(TailWatcher watcher, TailSubscription subscription) => _machine.Read(_ =>
    {
        foreach (var id in subscription.Unsubscribe)
        {
            Unfollow(watcher, id);
        }

        foreach (var id in subscription.Subscribe)
        {
            if (watcher.Follow(id))
            {
                if (!_byLog.TryGetValue(id, out var watchers))
                {
                    _byLog.Add(id, watchers = []);
                }

                watchers.Add(watcher);
            }
        }

        return 0;
    });

    public void Remove(TailWatcher watcher) => _machine.Read(_ =>
    {
        _watchers.Remove(watcher);
        foreach (var id in watcher.LogIds.ToList())
        {
            Unfollow(watcher, id);
        }

        return 0;
    });

    public TailUpdate? TakeNews(TailWatcher watcher) => _machine.Read(state =>
    {
        var gone = new List<long>();
        var update = watcher.TakeNews(state, gone);
        foreach (var id in gone)
        {
            Unfollow(watcher, id);
        }

        return update;
    });

    /// <summary>Ends all streams: whoever watches shall do so where the leader is.</summary>
    private void EndAll(RpcException reason) => _machine.Read(_ =>
    {
        foreach (var watcher in _watchers)
        {
            watcher.End(reason);
        }

        return 0;
    });

    private void Unfollow(TailWatcher watcher, long logId)
    {
        if (watcher.Unfollow(logId) && _byLog.TryGetValue(logId, out var watchers))
        {
            watchers.Remove(watcher);
            if (watchers.Count == 0)
            {
                _byLog.Remove(logId);
            }
        }
    }

    private void Publish(MetadataState state)
    {
        if (_byLog.Count == 0)
        {
            return;
        }

        foreach (var log in state.Changes.TouchedLogs)
        {
            if (_byLog.TryGetValue(log.Id.Value, out var watchers))
            {
                foreach (var watcher in watchers)
                {
                    watcher.Note(log.Id.Value);
                }
            }
        }
    }
}
