namespace Spillway.WalWriter.Volumes;

/// <summary>
/// The flushes and bytes a second that a volume is given, because file systems are sold by them. While none is left blocks wait and grow;
/// at a rate below the caps nothing ever waits. Thread-safe.
/// </summary>
internal sealed class VolumePace
{
    // What may be spent at once after a quiet time: short enough that a minute's rate is the cap's.
    private const double BurstSeconds = 0.1;

    private readonly Lock _lock = new(); // guards what follows
    private readonly TokenBucket? _flushes;
    private readonly TokenBucket? _bytes;
    private readonly RateMeter _flushRate;
    private readonly RateMeter _byteRate;

    public VolumePace(double flushesPerSecondMax, long bytesPerSecondMax, TimeProvider time)
    {
        FlushesPerSecondMax = flushesPerSecondMax;
        BytesPerSecondMax = bytesPerSecondMax;
        _flushes = flushesPerSecondMax > 0
            ? new TokenBucket(flushesPerSecondMax, Math.Max(1, flushesPerSecondMax * BurstSeconds), time)
            : null;
        _bytes = bytesPerSecondMax > 0 ? new TokenBucket(bytesPerSecondMax, bytesPerSecondMax * BurstSeconds, time) : null;
        _flushRate = new RateMeter(time);
        _byteRate = new RateMeter(time);
    }

    public double FlushesPerSecondMax { get; }

    public double BytesPerSecondMax { get; }

    public double FlushesPerSecond
    {
        get
        {
            lock (_lock)
            {
                return _flushRate.GetPerSecond();
            }
        }
    }

    public double BytesPerSecond
    {
        get
        {
            lock (_lock)
            {
                return _byteRate.GetPerSecond();
            }
        }
    }

    /// <summary>How long until a block may be written; zero for now.</summary>
    public TimeSpan GetWait()
    {
        if (_flushes is null && _bytes is null)
        {
            return TimeSpan.Zero;
        }

        lock (_lock)
        {
            var forFlush = _flushes?.GetWait(1) ?? TimeSpan.Zero;
            var forBytes = _bytes?.GetWait(0) ?? TimeSpan.Zero;
            return forFlush > forBytes ? forFlush : forBytes;
        }
    }

    /// <summary>A block of that size is being written.</summary>
    public void Take(long occupiedBytes)
    {
        lock (_lock)
        {
            _flushes?.Take(1);
            _bytes?.Take(occupiedBytes);
            _flushRate.Add(1);
            _byteRate.Add(occupiedBytes);
        }
    }
}
