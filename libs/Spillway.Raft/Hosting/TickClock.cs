namespace Spillway.Raft.Hosting;

/// <summary>
/// When ticks are due, by the monotonic clock. After a pause (a slow disk, a stopped machine) at most three are made up:
/// more would be an election nobody asked for. Owned by the log's thread.
/// </summary>
internal sealed class TickClock(TimeProvider time, TimeSpan interval, bool ticking)
{
    public const int MadeUpMax = 3;

    private readonly long _interval = Math.Max(1, (long)(interval.TotalSeconds * time.TimestampFrequency));
    private long _last = time.GetTimestamp();

    /// <summary>How long until the next one; infinite where nothing ticks.</summary>
    public TimeSpan UntilNext()
    {
        if (!ticking)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = _last + _interval - time.GetTimestamp();
        return left <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)left / time.TimestampFrequency);
    }

    /// <summary>How many have become due since the last call.</summary>
    public int TakeDue()
    {
        var due = ticking ? (time.GetTimestamp() - _last) / _interval : 0;
        _last += due * _interval;
        return (int)Math.Min(due, MadeUpMax);
    }
}
