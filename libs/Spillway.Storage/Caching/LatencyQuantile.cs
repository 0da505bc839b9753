using System.Numerics;

namespace Spillway.Storage.Caching;

/// <summary>
/// A quantile of the last thousand or so durations, to within an eighth. What is old counts half with every thousand that come. Not thread-safe.
/// </summary>
internal sealed class LatencyQuantile(double quantile)
{
    /// <summary>With fewer durations than this, nothing is said.</summary>
    public const int SamplesMin = 64;

    private const int SamplesMax = 1024;
    private const int StepShift = 3;
    private const int Steps = 1 << StepShift;
    private const int Buckets = 40 * Steps;

    private readonly int[] _counts = new int[Buckets];
    private int _total;

    public void Add(TimeSpan duration)
    {
        _counts[BucketOf(duration)]++;
        if (++_total < SamplesMax)
        {
            return;
        }

        _total = 0;
        for (var i = 0; i < Buckets; i++)
        {
            _total += _counts[i] /= 2;
        }
    }

    /// <summary>A duration that so many of them did not pass; null while too few are known.</summary>
    public TimeSpan? Find()
    {
        if (_total < SamplesMin)
        {
            return null;
        }

        var wanted = (int)Math.Ceiling(_total * quantile);
        var bucket = 0;
        for (var seen = _counts[0]; seen < wanted; seen += _counts[bucket])
        {
            bucket++;
        }

        return UpperBoundOf(bucket);
    }

    // Eight steps to each doubling, from eight microseconds on.
    private static int BucketOf(TimeSpan duration)
    {
        var micros = (ulong)Math.Clamp(duration.TotalMicroseconds, Steps, uint.MaxValue);
        var exponent = BitOperations.Log2(micros);
        var step = (int)(micros >> (exponent - StepShift)) & (Steps - 1);
        return ((exponent - StepShift) << StepShift) + step;
    }

    private static TimeSpan UpperBoundOf(int bucket)
    {
        var (exponent, step) = (bucket >> StepShift, bucket & (Steps - 1));
        return TimeSpan.FromMicroseconds((double)((long)(Steps + step + 1) << exponent));
    }
}
