namespace Spillway.WalWriter.Volumes;

/// <summary>
/// How much of a volume WAL files take, those of all writers, and how much they may (P6). Compactors make room; until there is some no
/// segment is opened, appends wait, and who sends them is read no further. Thread-safe.
/// </summary>
internal sealed class VolumeSpace(long bytesMax)
{
    private readonly Lock _lock = new(); // guards what follows
    private readonly TaskCompletionSource _measured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _usedBytes;
    private long _addedBytes;

    /// <summary>Completes when it is known for the first time how much is there.</summary>
    public Task Measured => _measured.Task;

    /// <summary>0: nothing but the volume's own size bounds it.</summary>
    public long BytesMax => bytesMax;

    public long UsedBytes
    {
        get
        {
            lock (_lock)
            {
                return _usedBytes;
            }
        }
    }

    /// <summary>Somebody waits for room.</summary>
    public bool IsFull { get; set; }

    public bool HasRoom(long segmentBytes)
    {
        lock (_lock)
        {
            return bytesMax == 0 || _usedBytes + segmentBytes <= bytesMax;
        }
    }

    public void BeginMeasuring()
    {
        lock (_lock)
        {
            _addedBytes = 0;
        }
    }

    /// <summary>What was found there. What was made meanwhile may be counted twice until the next time, and is never missed.</summary>
    public void EndMeasuring(long foundBytes)
    {
        lock (_lock)
        {
            _usedBytes = foundBytes + _addedBytes;
        }

        _measured.TrySetResult();
    }

    /// <summary>A segment was made.</summary>
    public void Add(long segmentBytes)
    {
        lock (_lock)
        {
            _usedBytes += segmentBytes;
            _addedBytes += segmentBytes;
        }
    }
}
