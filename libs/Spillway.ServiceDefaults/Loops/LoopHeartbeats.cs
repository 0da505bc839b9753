using System.Collections.Concurrent;

namespace Spillway.ServiceDefaults.Loops;

/// <summary>All loops of this process that owe a sign of life; <c>/healthz/live</c> asks it. Thread-safe.</summary>
public sealed class LoopHeartbeats(TimeProvider time)
{
    private readonly ConcurrentDictionary<LoopHeartbeat, byte> _heartbeats = new();

    /// <summary>Starts the heartbeat of a loop.</summary>
    /// <param name="name">The loop's name.</param>
    /// <param name="silenceMax">How long it may be silent and still count as alive.</param>
    public LoopHeartbeat Start(string name, TimeSpan silenceMax)
    {
        var heartbeat = new LoopHeartbeat(name, silenceMax, time, removed => _heartbeats.TryRemove(removed, out _));
        _heartbeats.TryAdd(heartbeat, 0);
        return heartbeat;
    }

    /// <summary>The loops that have been silent for too long.</summary>
    public IReadOnlyList<LoopHeartbeat> FindSilent() =>
        [.. _heartbeats.Keys.Where(heartbeat => heartbeat.Silence > heartbeat.SilenceMax)];
}
