namespace Spillway.Storage.Caching;

/// <summary>
/// When a read is late enough to be asked for a second time, and how often that may be: reads are late when they take longer than 95 of a hundred of
/// about their size, and seconds are a share of all reads, saved up for a burst of a few. Thread-safe.
/// </summary>
internal sealed class HedgePolicy(double shareMax)
{
    /// <summary>Second reads that may be saved up.</summary>
    public const int SavedMax = 8;

    // Sooner is not late: a store in the same rack has a p95 below what the second read costs itself.
    private static readonly TimeSpan DelayMin = TimeSpan.FromMilliseconds(5);
    private const double Late = 0.95;

    private readonly Lock _lock = new();                            // guards all fields below
    private readonly LatencyQuantile[] _bySize = [new(Late), new(Late), new(Late), new(Late)];
    private double _saved;

    /// <summary>A read begins: how long to wait for it before asking once more; null for as long as it takes.</summary>
    public TimeSpan? Begin(long bytes)
    {
        lock (_lock)
        {
            _saved = Math.Min(SavedMax, _saved + shareMax);
            return shareMax > 0 && _bySize[SizeClassOf(bytes)].Find() is { } late ? (late > DelayMin ? late : DelayMin) : null;
        }
    }

    /// <summary>Takes one second read of what is saved up, if there is one.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            // Twentieths do not add up to one exactly.
            if (_saved < 1 - 1e-9)
            {
                return false;
            }

            _saved = Math.Max(0, _saved - 1);
            return true;
        }
    }

    /// <summary>How long a first read took, or had taken when the second one overtook it.</summary>
    public void Ended(long bytes, TimeSpan duration)
    {
        lock (_lock)
        {
            _bySize[SizeClassOf(bytes)].Add(duration);
        }
    }

    private static int SizeClassOf(long bytes) => bytes switch
    {
        <= 64 << 10 => 0,
        <= 512 << 10 => 1,
        <= 2 << 20 => 2,
        _ => 3,
    };
}
