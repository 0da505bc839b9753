using System.Collections.Concurrent;

namespace Spillway.FaultProxy;

/// <summary>The connections of one caller to one target, and what is wrong with the way between them. Thread-safe.</summary>
public sealed class FaultLink
{
    private readonly ConcurrentDictionary<ProxyConnection, bool> _connections = new();
    private volatile bool _refuses;
    private long _accepted;
    private long _reset;

    internal FaultLink(string caller, string target, TimeProvider time)
    {
        (Caller, Target) = (caller, target);
        (ToTarget, ToCaller) = (new LinkDirection(time), new LinkDirection(time));
    }

    public string Caller { get; }

    public string Target { get; }

    public LinkDirection ToTarget { get; }

    public LinkDirection ToCaller { get; }

    /// <summary>Connections that were accepted.</summary>
    public long AcceptedCount => Interlocked.Read(ref _accepted);

    /// <summary>Connections that were reset or refused here, and not by either end.</summary>
    public long ResetCount => Interlocked.Read(ref _reset);

    public int OpenCount => _connections.Count;

    /// <summary>Whether new connections are reset at once. Those that exist stay.</summary>
    public bool RefusesConnections
    {
        get => _refuses;
        set => _refuses = value;
    }

    /// <summary>Both directions at once.</summary>
    public void Set(LinkConditions conditions) => (ToTarget.Conditions, ToCaller.Conditions) = (conditions, conditions);

    /// <summary>Nothing goes either way until it is healed; what was sent arrives then.</summary>
    public void Hold() => Set(new LinkConditions { Flow = LinkFlow.Hold });

    /// <summary>Nothing goes either way, and nobody is told.</summary>
    public void Drop() => Set(new LinkConditions { Flow = LinkFlow.Drop });

    /// <summary>A perfect wire again.</summary>
    public void Heal()
    {
        RefusesConnections = false;
        Set(LinkConditions.Perfect);
    }

    /// <summary>Ends all connections by a reset at both ends.</summary>
    public void ResetConnections()
    {
        foreach (var connection in _connections.Keys)
        {
            CountReset();
            connection.Reset();
        }
    }

    public override string ToString() => $"{Caller}>{Target}";

    internal void CountReset() => Interlocked.Increment(ref _reset);

    internal void Add(ProxyConnection connection)
    {
        Interlocked.Increment(ref _accepted);
        _connections[connection] = true;
    }

    internal void Remove(ProxyConnection connection) => _connections.TryRemove(connection, out _);
}
