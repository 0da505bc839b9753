using Spillway.WalWriter.Appending;

namespace Spillway.WalWriter.Volumes;

/// <summary>What makes a block on a volume: how large it gets, and how long it gathers.</summary>
/// <param name="BlockBytesMax">Payload bytes of a block; one larger append makes a block of its own.</param>
/// <param name="BlockBatchesMax">Batches of a block, under the same rule.</param>
/// <param name="Linger">
/// How long the oldest append waits for others; zero where a write is cheap: there the next block fills while a lane writes.
/// </param>
internal readonly record struct VolumeGrouping(int BlockBytesMax, int BlockBatchesMax, TimeSpan Linger)
{
    /// <summary>How long it is worth to wait before the next block is made of what is in the queue, which is not empty.</summary>
    public TimeSpan GetWait(AppendQueue appends, TimeProvider time)
    {
        var isFull = appends.ReadyBytes >= BlockBytesMax || appends.ReadyBatchCount >= BlockBatchesMax;
        if (Linger == TimeSpan.Zero || isFull || appends.OldestTimestamp is not { } oldest)
        {
            return TimeSpan.Zero;
        }

        var left = Linger - time.GetElapsedTime(oldest);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
