namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// Time that passes only from event to event. Everything that happens in a simulation is an event here; those of one
/// moment come in the order in which they were scheduled, so that a run depends on its seed alone. Single-threaded.
/// </summary>
internal sealed class VirtualClock : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const long EventsMax = 5_000_000;

    private readonly PriorityQueue<Action, (long DueTicks, long Order)> _events = new();
    private long _nowTicks;
    private long _order;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Since the simulation began.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_nowTicks);

    public long Events { get; private set; }

    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(_nowTicks);

    public override long GetTimestamp() => _nowTicks;

    public void After(TimeSpan delay, Action happens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        _events.Enqueue(happens, (_nowTicks + delay.Ticks, _order++));
    }

    /// <summary>Lets everything happen that is due up to then, and what follows from it.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (_events.TryPeek(out _, out var next) && next.DueTicks <= end.Ticks)
        {
            _nowTicks = next.DueTicks;
            if (++Events > EventsMax)
            {
                throw new InvalidOperationException($"Something goes in circles at {Now}.");
            }

            _events.Dequeue()();
        }

        _nowTicks = end.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(VirtualClock clock, Action fires) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _setting++;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Schedule(_setting, dueTime, period);
            }

            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Schedule(int setting, TimeSpan dueTime, TimeSpan period) => clock.After(dueTime, () =>
        {
            if (setting != _setting)
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                Schedule(setting, period, period);
            }

            fires();
        });
    }
}
