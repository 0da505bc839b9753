using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Spillway.Storage.Wal;

/// <summary>
/// Threads for calls that block on a volume. A hard mount can block for tens of seconds in a storage failover; that must
/// never take a thread of the thread pool. The queue is bounded: past it callers wait. Thread-safe.
/// </summary>
public sealed class BlockingIoPool : IDisposable
{
    private readonly BlockingCollection<WorkItem> _queue = [];
    private readonly SemaphoreSlim _slots;
    private int _pendingCount;

    /// <summary>Starts the threads.</summary>
    /// <param name="name">The threads' name, for dumps.</param>
    /// <param name="threadCount">How many calls may block at the same time.</param>
    /// <param name="queuedCountMax">How many more may wait for a thread.</param>
    public BlockingIoPool(string name, int threadCount, int queuedCountMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(queuedCountMax, 0);
        _slots = new SemaphoreSlim(threadCount + queuedCountMax);
        for (var i = 0; i < threadCount; i++)
        {
            new Thread(RunThread) { Name = $"{name}-{i}", IsBackground = true }.Start();
        }
    }

    /// <summary>How many calls are queued or running now.</summary>
    public int PendingCount => Volatile.Read(ref _pendingCount);

    /// <summary>
    /// Runs the work on one of the threads. Cancellation takes a call out of the queue; once it runs it is awaited to its
    /// end, because the memory it reads into is in use until then.
    /// </summary>
    public async ValueTask<TResult> RunAsync<TState, TResult>(
        Func<TState, TResult> work, TState state, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        Interlocked.Increment(ref _pendingCount);
        try
        {
            var item = new WorkItem<TState, TResult>(work, state, cancellationToken);
            try
            {
                _queue.Add(item, CancellationToken.None);
            }
            catch (InvalidOperationException)
            {
                throw new ObjectDisposedException(nameof(BlockingIoPool));
            }

            return await item.Task.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingCount);
            _slots.Release();
        }
    }

    /// <summary>Takes no more work. What is queued still runs; a thread that a volume blocks is not waited for.</summary>
    public void Dispose() => _queue.CompleteAdding();

    private void RunThread()
    {
        foreach (var item in _queue.GetConsumingEnumerable())
        {
            item.Run();
        }
    }

    private abstract class WorkItem
    {
        public abstract void Run();
    }

    private sealed class WorkItem<TState, TResult>(
        Func<TState, TResult> work, TState state, CancellationToken cancellationToken) : WorkItem
    {
        private readonly TaskCompletionSource<TResult> _completion =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TResult> Task => _completion.Task;

        [SuppressMessage("Design", "CA1031", Justification = "The exception goes to the caller, whatever it is.")]
        public override void Run()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _completion.TrySetCanceled(cancellationToken);
                return;
            }

            try
            {
                _completion.TrySetResult(work(state));
            }
            catch (Exception e)
            {
                _completion.TrySetException(e);
            }
        }
    }
}
