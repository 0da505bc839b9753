using System.Diagnostics.CodeAnalysis;

namespace Spillway.WalWriter.Appending;

/// <summary>
/// Appends in the order they came, and the budget of bytes between acceptance and answer. Past the budget an append waits
/// its turn behind those that wait already, or a small one would overtake a large one of the same stream. Not
/// thread-safe: the pipeline's lock guards it.
/// </summary>
internal sealed class AppendQueue(long inFlightBytesMax)
{
    private readonly Queue<PendingAppend> _ready = new();
    private readonly Queue<PendingAppend> _waiting = new();

    public long InFlightBytes { get; private set; }

    /// <summary>Bytes of appends that are in no block and wait for nothing.</summary>
    public long ReadyBytes { get; private set; }

    /// <summary>Batches of them.</summary>
    public int ReadyBatchCount { get; private set; }

    public int WaitingCount => _waiting.Count;

    public bool HasReady => _ready.Count > 0;

    public bool IsEmpty => _ready.Count == 0 && _waiting.Count == 0;

    /// <summary>When the oldest append in no block was taken in; null for none.</summary>
    public long? OldestTimestamp =>
        _ready.TryPeek(out var ready) ? ready.AcceptedTimestamp
        : _waiting.TryPeek(out var waiting) ? waiting.AcceptedTimestamp
        : null;

    /// <summary>Takes an append in; false when it has to wait for budget.</summary>
    public bool Add(PendingAppend append)
    {
        if (_waiting.Count > 0 || !Fits(append))
        {
            _waiting.Enqueue(append);
            return false;
        }

        Admit(append);
        return true;
    }

    /// <summary>Takes the next append if the block being gathered has room for it.</summary>
    public bool TryTake(int bytesMax, int batchesMax, [NotNullWhen(true)] out PendingAppend? append)
    {
        if (_ready.TryPeek(out append) && append.LengthBytes <= bytesMax && append.Batches.Length <= batchesMax)
        {
            _ready.Dequeue();
            ReadyBytes -= append.LengthBytes;
            ReadyBatchCount -= append.Batches.Length;
            return true;
        }

        append = null;
        return false;
    }

    /// <summary>Gives budget back and lets those that waited for it in.</summary>
    public void Release(long lengthBytes)
    {
        InFlightBytes -= lengthBytes;
        while (_waiting.TryPeek(out var next) && Fits(next))
        {
            Admit(_waiting.Dequeue());
        }
    }

    /// <summary>Empties the queue: everything that is in no block yet.</summary>
    public List<PendingAppend> TakeAll()
    {
        List<PendingAppend> all = [.. _ready, .. _waiting];
        foreach (var append in _ready)
        {
            InFlightBytes -= append.LengthBytes;
        }

        ReadyBytes = ReadyBatchCount = 0;
        _ready.Clear();
        _waiting.Clear();
        return all;
    }

    private void Admit(PendingAppend append)
    {
        InFlightBytes += append.LengthBytes;
        ReadyBytes += append.LengthBytes;
        ReadyBatchCount += append.Batches.Length;
        _ready.Enqueue(append);
    }

    // One append larger than the whole budget is let in alone rather than never.
    private bool Fits(PendingAppend append) =>
        InFlightBytes == 0 || InFlightBytes + append.LengthBytes <= inFlightBytesMax;
}
