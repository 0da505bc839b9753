namespace Spillway.Raft.Hosting;

/// <summary>
/// What waits for the log's thread: batches of proposals, and calls to make there. Any thread adds; one thread takes.
/// Bounded in bytes. What queues up while an entry is flushed becomes the next entry, so there is no batching timer.
/// </summary>
internal sealed class SingleNodeInbox(int entryBytesMax, long queuedBytesMax) : IDisposable
{
    private const int SpareMax = 4;

    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _wake = new();

    // Guarded by _lock.
    private readonly Queue<ProposalBatch> _full = new();
    private readonly Queue<(Action Call, TaskCompletionSource? Waiter)> _calls = new();
    private readonly Stack<ProposalBatch> _spare = new();
    private ProposalBatch _filling = new(entryBytesMax);
    private Func<ReplicatedLogException>? _closed;
    private bool _sleeping;
    private bool _stopping;
    private long _queuedBytes;
    private int _queuedProposals;

    /// <summary>Proposals that wait; for the metric, so a torn view is good enough.</summary>
    public int QueuedProposals => Volatile.Read(ref _queuedProposals);

    /// <summary>Takes a command in. Throws when closed, or over the bound.</summary>
    public PendingProposal Add(ReadOnlySpan<byte> command, long timestamp)
    {
        if (ProposalBatch.BytesOf(command.Length) > entryBytesMax)
        {
            throw new ArgumentException(
                $"A command of {command.Length} bytes does not fit an entry of {entryBytesMax} bytes.",
                nameof(command));
        }

        PendingProposal proposal;
        bool wake;
        lock (_lock)
        {
            ThrowIfClosed();
            var bytes = ProposalBatch.BytesOf(command.Length);
            if (_queuedBytes + bytes > queuedBytesMax)
            {
                throw new LogOverloadedException(
                    $"{_queuedBytes} bytes of commands wait for the log already; {queuedBytesMax} may.");
            }

            if (!_filling.Fits(command.Length))
            {
                _full.Enqueue(_filling);
                _filling = _spare.TryPop(out var spare) ? spare : new ProposalBatch(entryBytesMax);
            }

            proposal = _filling.Add(command, timestamp);
            _queuedBytes += bytes;
            _queuedProposals++;
            wake = _sleeping;
            _sleeping = false;
        }

        if (wake)
        {
            _wake.Set();
        }

        return proposal;
    }

    /// <summary>
    /// Has a call made on the log's thread, between two entries. Throws when closed; if the log fails before the call
    /// was made, so does the waiter.
    /// </summary>
    public void Post(Action call, TaskCompletionSource? waiter = null)
    {
        lock (_lock)
        {
            ThrowIfClosed();
            _calls.Enqueue((call, waiter));
            _sleeping = false;
        }

        _wake.Set();
    }

    /// <summary>Lets nothing more in; what is in already still gets done.</summary>
    public void Stop(Func<ReplicatedLogException> reason)
    {
        lock (_lock)
        {
            _closed ??= reason;
            _stopping = true;
            _sleeping = false;
        }

        _wake.Set();
    }

    /// <summary>Lets nothing more in and fails what is in: it was never written.</summary>
    public void Fail(Func<ReplicatedLogException> reason)
    {
        List<ProposalBatch> batches;
        List<(Action Call, TaskCompletionSource? Waiter)> calls;
        lock (_lock)
        {
            _closed = reason;
            _stopping = true;
            batches = [.. _full, _filling];
            calls = [.. _calls];
            _full.Clear();
            _calls.Clear();
            _filling = new ProposalBatch(entryBytesMax);
            _queuedBytes = 0;
            _queuedProposals = 0;
        }

        batches.ForEach(batch => batch.Fail(reason()));
        calls.ForEach(call => call.Waiter?.TrySetException(reason()));
        _wake.Set();
    }

    /// <summary>Waits until there is something to take; false when stopped and empty.</summary>
    public bool WaitForWork()
    {
        while (true)
        {
            lock (_lock)
            {
                if (HasWork)
                {
                    return true;
                }

                if (_stopping)
                {
                    return false;
                }

                _wake.Reset();
                _sleeping = true;
            }

            _wake.Wait(); // spins for some microseconds before it sleeps
        }
    }

    /// <summary>Takes the next call or the next batch; false when there is neither.</summary>
    public bool TryTake(out Action? call, out ProposalBatch? batch)
    {
        lock (_lock)
        {
            (call, batch) = (null, null);
            if (_calls.TryDequeue(out var posted))
            {
                call = posted.Call;
                return true;
            }

            if (!_full.TryDequeue(out batch) && _filling.Proposals.Count > 0)
            {
                batch = _filling;
                _filling = _spare.TryPop(out var spare) ? spare : new ProposalBatch(entryBytesMax);
            }

            if (batch is null)
            {
                return false;
            }

            _queuedBytes -= batch.CommandBytes;
            _queuedProposals -= batch.Proposals.Count;
            return true;
        }
    }

    /// <summary>Gives a finished batch back for reuse.</summary>
    public void Return(ProposalBatch batch)
    {
        batch.Clear();
        lock (_lock)
        {
            if (_spare.Count < SpareMax)
            {
                _spare.Push(batch);
            }
        }
    }

    public void Dispose() => _wake.Dispose();

    private bool HasWork => _calls.Count > 0 || _full.Count > 0 || _filling.Proposals.Count > 0;

    private void ThrowIfClosed()
    {
        if (_closed is { } reason)
        {
            throw reason();
        }
    }
}
