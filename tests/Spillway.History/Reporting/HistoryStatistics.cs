namespace Spillway.History.Reporting;

/// <summary>Counts that say whether a clean history was a hard test or an idle one.</summary>
public sealed class HistoryStatistics
{
    private const int LagBuckets = 64;

    // Bucket i holds lags below 2^(i/2) ms: the lag of every poll of a soak does not have to be kept.
    private readonly long[] _lags = new long[LagBuckets];

    public long OperationCount { get; internal set; }

    public long OkCount { get; internal set; }

    public long FailCount { get; internal set; }

    public long InfoCount { get; internal set; }

    public long RecordsAcked { get; internal set; }

    public long RecordsPolled { get; internal set; }

    /// <summary>From the first line to the last.</summary>
    public double SecondsCovered { get; internal set; }

    /// <summary>The longest that a consumer was behind what was acknowledged before its poll began.</summary>
    public TimeSpan WorstLag { get; internal set; }

    /// <summary>The same after the faults were over.</summary>
    public TimeSpan WorstLagAfterHeal { get; internal set; }

    /// <summary>Faults by kind.</summary>
    public Dictionary<string, long> Faults { get; } = new(StringComparer.Ordinal);

    /// <summary>Errors of operations by name.</summary>
    public Dictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>A bound that this share of polls lagged less than, within a factor of 1.4.</summary>
    public TimeSpan LagPercentile(double share)
    {
        var rest = (long)(_lags.Sum() * share);
        for (var i = 0; i < LagBuckets; i++)
        {
            rest -= _lags[i];
            if (rest < 0)
            {
                return TimeSpan.FromMilliseconds(i == 0 ? 0 : Math.Pow(2, i / 2.0));
            }
        }

        return WorstLag;
    }

    internal void AddLag(TimeSpan lag)
    {
        WorstLag = lag > WorstLag ? lag : WorstLag;
        var bucket = lag.TotalMilliseconds < 1 ? 0 : (int)Math.Ceiling(2 * Math.Log2(lag.TotalMilliseconds));
        _lags[Math.Clamp(bucket, 0, LagBuckets - 1)]++;
    }
}
