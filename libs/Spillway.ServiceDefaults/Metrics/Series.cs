namespace Spillway.ServiceDefaults.Metrics;

/// <summary>One line of a metric, or the lines of one histogram. Recorded from any thread without a lock.</summary>
internal sealed class Series(string labels, double[]? bounds)
{
    private readonly long[]? _bucketCounts = bounds is null ? null : new long[bounds.Length + 1];
    private long _integer;
    private double _fraction;

    public string Labels { get; } = labels;

    /// <summary>Which collection an observed value was seen in; a value that was not seen again is not exposed.</summary>
    public long Collection { get; set; }

    public double Value => Volatile.Read(ref _integer) + Volatile.Read(ref _fraction);

    public void Add(long value) => Interlocked.Add(ref _integer, value);

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _fraction);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _fraction, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    public void Set(double value) => Volatile.Write(ref _fraction, value);

    public void Record(double value)
    {
        var bucket = Array.BinarySearch(bounds!, value);
        Interlocked.Increment(ref _bucketCounts![bucket < 0 ? ~bucket : bucket]);
        Add(value);
    }

    /// <summary>The count of one bucket alone; the exposition adds them up, so that its count always fits its buckets.</summary>
    public long GetBucketCount(int bucket) => Volatile.Read(ref _bucketCounts![bucket]);
}
