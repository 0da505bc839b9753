using Spillway.Kafka.Buffers;

namespace Spillway.Storage.Wal.Reading;

/// <summary>
/// Lets callers go whose read does not come back in time, and gives up its buffer when it does: until then the memory is the volume's.
/// Counts those that nobody waits for any more. Thread-safe.
/// </summary>
internal sealed class PendingReads
{
    private int _count;

    /// <summary>Whether a read that nobody waits for any more has not come back.</summary>
    public bool IsAny => Volatile.Read(ref _count) > 0;

    /// <summary>The read, or a cancellation as soon as it is asked for.</summary>
    public async Task<SharedBuffer> LetGoAsync(Task<SharedBuffer> reading, CancellationToken cancellationToken)
    {
        try
        {
            return await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = ReleaseLaterAsync(reading);
            throw;
        }
    }

    private async Task ReleaseLaterAsync(Task<SharedBuffer> reading)
    {
        Interlocked.Increment(ref _count);
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref _count);
        if (reading.IsCompletedSuccessfully)
        {
            reading.Result.Release();
        }
    }
}
