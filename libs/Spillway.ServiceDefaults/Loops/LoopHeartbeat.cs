namespace Spillway.ServiceDefaults.Loops;

/// <summary>The sign of life of one loop. The loop beats from any thread; the health endpoint reads.</summary>
public sealed class LoopHeartbeat
{
    private readonly TimeProvider _time;
    private readonly Action<LoopHeartbeat> _removed;
    private long _lastBeatTimestamp;

    internal LoopHeartbeat(string name, TimeSpan silenceMax, TimeProvider time, Action<LoopHeartbeat> removed)
    {
        Name = name;
        SilenceMax = silenceMax;
        _time = time;
        _removed = removed;
        Beat();
    }

    /// <summary>The loop's name, as it stands in logs and in the health answer.</summary>
    public string Name { get; }

    /// <summary>The loop counts as dead once it has been silent for longer.</summary>
    public TimeSpan SilenceMax { get; }

    /// <summary>The time since the last beat.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _lastBeatTimestamp));

    /// <summary>Says that the loop is alive; a long step calls it in between.</summary>
    public void Beat() => Volatile.Write(ref _lastBeatTimestamp, _time.GetTimestamp());

    /// <summary>Says that the loop has ended as it should: from now on it owes no beats.</summary>
    public void Remove() => _removed(this);
}
