namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// Byte credits (design.md P6): who wants bytes past the budget waits in order of arrival; it never grows. A request larger than
/// the whole budget is let in alone.
/// </summary>
internal sealed class ByteBudget(long bytesMax)
{
    private readonly Lock _lock = new();                            // guards the two fields below
    private readonly Queue<Waiter> _waiters = new();
    private long _usedBytes;

    public long UsedBytes => Volatile.Read(ref _usedBytes);

    /// <summary>Draws the bytes if that is possible without waiting; then they are the caller's until <see cref="Release"/>.</summary>
    public bool TryAcquire(long bytes)
    {
        lock (_lock)
        {
            if (_waiters.Count > 0 || !Fits(bytes))
            {
                return false;
            }

            _usedBytes += bytes;
            return true;
        }
    }

    /// <summary>Completes when <paramref name="bytes"/> are free; then they are the caller's until <see cref="Release"/>.</summary>
    public ValueTask AcquireAsync(long bytes, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            if (_waiters.Count == 0 && Fits(bytes))
            {
                _usedBytes += bytes;
                return ValueTask.CompletedTask;
            }

            waiter = new Waiter(bytes);
            _waiters.Enqueue(waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    public void Release(long bytes)
    {
        lock (_lock)
        {
            _usedBytes -= bytes;
            AdmitWaiters();
        }
    }

    private bool Fits(long bytes) => _usedBytes == 0 || _usedBytes + bytes <= bytesMax;

    private void AdmitWaiters()
    {
        while (_waiters.TryPeek(out var next) && Fits(next.Bytes))
        {
            _waiters.Dequeue();
            if (next.Admitted.TrySetResult())
            {
                _usedBytes += next.Bytes;
            }
        }
    }

    private static async ValueTask WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Waiter)state!).Admitted.TrySetCanceled(token), waiter).ConfigureAwait(false);
        await waiter.Admitted.Task.ConfigureAwait(false);
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
