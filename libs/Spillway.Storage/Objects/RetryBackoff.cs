namespace Spillway.Storage.Objects;

/// <summary>
/// How long a retry waits: anything from nothing to a bound that doubles with every attempt ("full jitter"), so that those who failed together
/// do not come back together. Thread-safe.
/// </summary>
internal sealed class RetryBackoff(Random random)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstThrottled = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();                            // guards random

    /// <summary>The bound of the wait before retry <paramref name="retry"/>, from 1 on.</summary>
    public static TimeSpan BoundOf(int retry, bool isThrottled)
    {
        var bound = (isThrottled ? FirstThrottled : First) * Math.Pow(2, Math.Min(retry - 1, 20));
        return bound < Longest ? bound : Longest;
    }

    public TimeSpan Next(int retry, bool isThrottled)
    {
        lock (_lock)
        {
            return BoundOf(retry, isThrottled) * random.NextDouble();
        }
    }
}
