namespace Spillway.FaultProxy;

/// <summary>One direction of a link: its conditions, which may change at any moment, and what went through. Thread-safe.</summary>
public sealed class LinkDirection
{
    private readonly Lock _lock = new(); // guards _nextFree
    private readonly TimeProvider _time;
    private volatile Epoch _epoch = new(LinkConditions.Perfect);
    private long _bytesForwarded;
    private long _bytesDropped;
    private long _bytesWaiting;
    private long _nextFree;

    internal LinkDirection(TimeProvider time) => _time = time;

    public LinkConditions Conditions
    {
        get => _epoch.Conditions;
        set
        {
            var before = Interlocked.Exchange(ref _epoch, new Epoch(value));
            before.Ended.TrySetResult();
        }
    }

    /// <summary>Bytes that were written to the other end.</summary>
    public long BytesForwarded => Interlocked.Read(ref _bytesForwarded);

    /// <summary>Bytes that were read and have not gone on yet.</summary>
    public long BytesWaiting => Interlocked.Read(ref _bytesWaiting);

    /// <summary>Bytes that never will be written.</summary>
    public long BytesDropped => Interlocked.Read(ref _bytesDropped);

    /// <summary>Completes when the conditions that hold now are replaced.</summary>
    internal Task Changed(out LinkConditions conditions)
    {
        var epoch = _epoch;
        conditions = epoch.Conditions;
        return epoch.Ended.Task;
    }

    internal void CountForwarded(long bytes) => Interlocked.Add(ref _bytesForwarded, bytes);

    internal void CountWaiting(long bytes) => Interlocked.Add(ref _bytesWaiting, bytes);

    internal void CountDropped(long bytes) => Interlocked.Add(ref _bytesDropped, bytes);

    /// <summary>Takes bytes of the limit that connections share; the result is how long to wait before they may go.</summary>
    internal TimeSpan Reserve(long bytes, long bytesPerSecond)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var start = Math.Max(now, _nextFree);
            _nextFree = start + (bytes * _time.TimestampFrequency / bytesPerSecond);
            return _time.GetElapsedTime(now, _nextFree);
        }
    }

    private sealed class Epoch(LinkConditions conditions)
    {
        public LinkConditions Conditions { get; } = conditions;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
