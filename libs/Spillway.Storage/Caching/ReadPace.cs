namespace Spillway.Storage.Caching;

/// <summary>
/// How far reads are ahead of a steady pace. One may always begin when they are not ahead, whatever its size; no more is saved up than what a timer
/// may be late by. Not thread-safe, but for <see cref="DelayAsync"/>.
/// </summary>
/// <param name="bytesPerSecond">The pace; above 0.</param>
/// <param name="time">The clock.</param>
internal sealed class ReadPace(long bytesPerSecond, TimeProvider time)
{
    private const long BytesPerSecondOfCore = 200_000_000;
    private static readonly TimeSpan Saved = TimeSpan.FromMilliseconds(20);

    private readonly long _startTimestamp = time.GetTimestamp();
    private TimeSpan _paidUntil;

    /// <summary>The pace that the options ask for; none: as fast as reads go.</summary>
    public static ReadPace? Of(ObjectCacheOptions options, TimeProvider time) => options.BytesPerSecondMax switch
    {
        0 => null,
        < 0 => new ReadPace(BytesPerSecondOfCore * Environment.ProcessorCount, time),
        var bytesPerSecond => new ReadPace(bytesPerSecond, time),
    };

    /// <summary>After how long another may begin; not above zero: now.</summary>
    public TimeSpan Ahead => _paidUntil - time.GetElapsedTime(_startTimestamp);

    /// <summary>A read of so many bytes has begun.</summary>
    public void Add(long bytes)
    {
        var from = time.GetElapsedTime(_startTimestamp) - Saved;
        _paidUntil = (_paidUntil > from ? _paidUntil : from) + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
    }

    /// <summary>Ends after the time or a little later: timers count milliseconds, and one of none would be no wait at all.</summary>
    public Task DelayAsync(TimeSpan delay) => Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds)), time);
}
