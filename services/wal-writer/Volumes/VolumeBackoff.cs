namespace Spillway.WalWriter.Volumes;

/// <summary>
/// How long a volume that failed is left alone: other volumes are used meanwhile, and new segments are tried there only now and then.
/// Thread-safe.
/// </summary>
internal sealed class VolumeBackoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);

    // A full volume is used again soon after compactors have made room, and a try costs one file.
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new(); // guards what follows
    private TimeSpan _backoff;
    private long _failedTimestamp;

    /// <summary>What is left of it; zero when the volume may be used.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_lock)
            {
                var left = _backoff - time.GetElapsedTime(_failedTimestamp);
                return _backoff > TimeSpan.Zero && left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>A file could not be created, written or flushed.</summary>
    public void Fail()
    {
        lock (_lock)
        {
            _failedTimestamp = time.GetTimestamp();
            _backoff = _backoff == TimeSpan.Zero ? First : _backoff * 2 < Most ? _backoff * 2 : Most;
        }
    }

    /// <summary>A block was flushed: what failed before is over.</summary>
    public void Succeed()
    {
        lock (_lock)
        {
            _backoff = TimeSpan.Zero;
        }
    }
}
