using System.Diagnostics.CodeAnalysis;

namespace Spillway.WalWriter.Appending;

/// <summary>Appends that there is room for and that are in no block yet, in the order they came. Not thread-safe: the pipeline's lock guards it.</summary>
internal sealed class AppendQueue
{
    private readonly Queue<PendingAppend> _ready = new();

    public bool IsEmpty => _ready.Count == 0;

    /// <summary>Bytes of them all.</summary>
    public long ReadyBytes { get; private set; }

    /// <summary>Batches of them all.</summary>
    public int ReadyBatchCount { get; private set; }

    /// <summary>When the oldest was taken in; null for none.</summary>
    public long? OldestTimestamp => _ready.TryPeek(out var oldest) ? oldest.AcceptedTimestamp : null;

    public void Add(PendingAppend append)
    {
        ReadyBytes += append.LengthBytes;
        ReadyBatchCount += append.Batches.Length;
        _ready.Enqueue(append);
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

    /// <summary>Empties the queue.</summary>
    public List<PendingAppend> TakeAll()
    {
        List<PendingAppend> all = [.. _ready];
        _ready.Clear();
        ReadyBytes = ReadyBatchCount = 0;
        return all;
    }
}
