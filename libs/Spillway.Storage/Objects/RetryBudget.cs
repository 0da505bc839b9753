namespace Spillway.Storage.Objects;

/// <summary>
/// How many retries there may be: each takes one of a purse that good requests and time fill again. While a store is away everything fails,
/// and retrying all of it many times over would only lengthen its absence; callers come again by themselves. Thread-safe.
/// </summary>
internal sealed class RetryBudget(TimeProvider time)
{
    /// <summary>What a full purse holds: a burst of failures that is over in seconds is ridden out in full.</summary>
    public const double RetriesMax = 100;

    /// <summary>Retries that a good request earns.</summary>
    public const double EarnedByRequest = 0.1;

    /// <summary>Retries that a second earns: a process with little to ask for never goes without.</summary>
    public const double EarnedBySecond = 1;

    private readonly Lock _lock = new();                            // guards all fields below
    private double _retries = RetriesMax;
    private long _filledTimestamp = time.GetTimestamp();

    public void RequestSucceeded()
    {
        lock (_lock)
        {
            _retries = Math.Min(RetriesMax, _retries + EarnedByRequest);
        }
    }

    /// <summary>Takes one retry, if there is one.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var earned = time.GetElapsedTime(_filledTimestamp, now).TotalSeconds * EarnedBySecond;
            (_retries, _filledTimestamp) = (Math.Min(RetriesMax, _retries + earned), now);
            if (_retries < 1)
            {
                return false;
            }

            _retries--;
            return true;
        }
    }
}
