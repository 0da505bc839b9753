using System.Collections.Concurrent;
using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Log;

namespace Spillway.Metadata.Groups;

/// <summary>
/// All groups in use on this node while it leads. What they know and the durable state does not (who waits, when sessions
/// end) goes with the leadership; the next leader gives every member a whole session. Thread-safe.
/// </summary>
internal sealed class GroupSessions(
    MetadataNode node,
    CurrentGroupLimits current,
    IGroupTopics topics,
    TimeProvider time,
    MetadataMetrics metrics,
    ILogger<GroupSession> logger) : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, GroupSession> _sessions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly long _started = time.GetTimestamp();

    // The leadership that the sessions belong to.
    private volatile Lead? _lead;

    /// <summary>The clock of sessions and rebalances: only goes forward.</summary>
    public long NowMs => (long)time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>
    /// Afterwards this node knows all groups with members. Throws when it does not lead, or may not: sessions that were ended
    /// or begun elsewhere must not be answered from here.
    /// </summary>
    public async ValueTask EnsureLeadingAsync(CancellationToken cancellationToken)
    {
        node.EnsureLeadsWithQuorum();
        if (node.Lead is not { } lead)
        {
            throw LogFailures.NotLeading(node.Leadership);
        }

        if (_lead == lead)
        {
            return;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (_lead != lead)
            {
                await node.BarrierAsync(cancellationToken);
                AbandonAll();
                foreach (var id in node.Read(state => state.Groups.All.Where(g => g.HasMembers).Select(g => g.Id).ToList()))
                {
                    Use(id, static (_, _) => true);
                }

                _lead = lead;
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Answers all who wait here, where this node does not lead any more: whoever leads knows nothing of them.</summary>
    public async ValueTask EndFormerLeadAsync(CancellationToken cancellationToken)
    {
        if (_lead is null || _lead == node.Lead)
        {
            return;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (_lead is not null && _lead != node.Lead)
            {
                _lead = null;
                AbandonAll();
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    public T Use<T>(string groupId, Func<IGroupCore, long, T> action)
    {
        while (true)
        {
            var session = _sessions.GetOrAdd(groupId, CreateSession);
            if (session.TryUse(action, out var result))
            {
                return result;
            }
        }
    }

    /// <summary>What the groups in use say, each at its own moment; those that rest are in the durable state only.</summary>
    public List<T> UseAll<T>(Func<IGroupCore, T> question)
    {
        var answers = new List<T>();
        foreach (var session in _sessions.Values)
        {
            if (session.TryUse((core, _) => question(core), out var answer))
            {
                answers.Add(answer);
            }
        }

        return answers;
    }

    /// <summary>The group as the durable state knows it.</summary>
    public IGroupCore Load(string groupId)
    {
        var limits = current.Of(groupId);
        return node.Read<IGroupCore>(state => state.Groups.Find(groupId) is { Consumer: { } consumer }
            ? ConsumerGroupCore.Restore(groupId, consumer, topics, limits, NowMs)
            : GroupCore.Restore(groupId, state.Groups.Find(groupId)?.Metadata, NowMs, limits.SizeMax));
    }

    /// <summary>What is known of it beside the durable state is not true any more.</summary>
    public void Forget(string groupId)
    {
        if (_sessions.TryGetValue(groupId, out var session))
        {
            session.Abandon(ErrorCode.NotCoordinator);
        }
    }

    public bool IsInUse(string groupId) => _sessions.ContainsKey(groupId);

    public void Remove(string groupId, GroupSession session) => _sessions.TryRemove(new(groupId, session));

    public void GenerationBegan() => metrics.GroupGenerationBegan();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        AbandonAll();
        return Task.CompletedTask;
    }

    public void Dispose() => _loading.Dispose();

    private GroupSession CreateSession(string groupId) => new(groupId, this, node, time, logger);

    private void AbandonAll()
    {
        foreach (var session in _sessions.Values)
        {
            session.Abandon(ErrorCode.NotCoordinator);
        }
    }
}
