using Spillway.Raft.Core;

namespace Spillway.Raft.Hosting;

/// <summary>
/// What waits for the log's thread: messages, ticks, reads, calls to make there, and batches of proposals. Any thread adds;
/// one thread takes. Bounded in bytes. What queues up while an entry is flushed becomes the next entry, so there is no
/// batching timer.
/// </summary>
internal sealed class LogInbox(int entryBytesMax, long queuedBytesMax) : IDisposable
{
    private const int SpareMax = 4;
    private const int MessagesMax = 4096;
    private const long MessageBytesMax = 64 << 20;

    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _wake = new();

    // Guarded by _lock.
    private readonly Queue<ProposalBatch> _full = new();
    private readonly Stack<ProposalBatch> _spare = new();
    private readonly List<(Action Call, Action<Exception>? Failed)> _calls = [];
    private readonly List<TaskCompletionSource<ulong>> _reads = [];
    private readonly List<RaftMessage> _messages = [];
    private ProposalBatch _filling = new(entryBytesMax);
    private Func<ReplicatedLogException>? _closed;
    private bool _failed;
    private bool _sleeping;
    private bool _stopping;
    private int _ticks;
    private long _messageBytes;
    private long _queuedBytes;
    private int _queuedProposals;

    /// <summary>Proposals that wait; for the metric, so a torn view is good enough.</summary>
    public int QueuedProposals => Volatile.Read(ref _queuedProposals);

    /// <summary>Whether <see cref="Stop"/> was called.</summary>
    public bool IsStopping => Volatile.Read(ref _stopping);

    /// <summary>Takes a command in. Throws when closed, or over the bound.</summary>
    public void Add(ReadOnlySpan<byte> command, PendingProposal proposal)
    {
        if (ProposalBatch.BytesOf(command.Length) > entryBytesMax)
        {
            throw new ArgumentException(
                $"A command of {command.Length} bytes does not fit an entry of {entryBytesMax} bytes.",
                nameof(command));
        }

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
                _filling = NewBatch();
            }

            _filling.Add(command, proposal);
            _queuedBytes += bytes;
            _queuedProposals++;
            wake = Wakes();
        }

        WakeIf(wake);
    }

    /// <summary>Takes a read barrier in. Throws when closed.</summary>
    public void AddRead(TaskCompletionSource<ulong> waiter)
    {
        bool wake;
        lock (_lock)
        {
            ThrowIfClosed();
            _reads.Add(waiter);
            wake = Wakes();
        }

        WakeIf(wake);
    }

    /// <summary>
    /// Takes a message in, or drops it where too much waits: consensus sends again. Still goes on while the log stops, for
    /// handing leadership over takes messages.
    /// </summary>
    public void Add(RaftMessage message)
    {
        bool wake;
        lock (_lock)
        {
            var bytes = BytesOf(message);
            if (_failed || _messages.Count >= MessagesMax || _messageBytes + bytes > MessageBytesMax)
            {
                return;
            }

            _messages.Add(message);
            _messageBytes += bytes;
            wake = Wakes();
        }

        WakeIf(wake);
    }

    /// <summary>Ticks of the clock; no more than three wait at a time.</summary>
    public void AddTicks(int count)
    {
        bool wake;
        lock (_lock)
        {
            _ticks = Math.Min(_ticks + count, TickClock.MadeUpMax);
            wake = _ticks > 0 && Wakes();
        }

        WakeIf(wake);
    }

    /// <summary>
    /// Has a call made on the log's thread, between two entries. Throws when closed; if the log fails before the call
    /// was made, <paramref name="failed"/> is called instead.
    /// </summary>
    public void Post(Action call, Action<Exception> failed)
    {
        bool wake;
        lock (_lock)
        {
            ThrowIfClosed();
            _calls.Add((call, failed));
            wake = Wakes();
        }

        WakeIf(wake);
    }

    /// <summary>The same for the log's own needs: goes on while it stops, and is dropped once it failed.</summary>
    public void PostInner(Action call)
    {
        bool wake;
        lock (_lock)
        {
            if (_failed)
            {
                return;
            }

            _calls.Add((call, null));
            wake = Wakes();
        }

        WakeIf(wake);
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
        List<TaskCompletionSource<ulong>> reads;
        List<(Action Call, Action<Exception>? Failed)> calls;
        lock (_lock)
        {
            _closed = reason;
            _failed = true;
            _stopping = true;
            batches = [.. _full, _filling];
            reads = [.. _reads];
            calls = [.. _calls];
            _full.Clear();
            _reads.Clear();
            _calls.Clear();
            _messages.Clear();
            _filling = new ProposalBatch(entryBytesMax);
            _queuedBytes = 0;
            _queuedProposals = 0;
        }

        batches.ForEach(batch => batch.Fail(reason()));
        reads.ForEach(read => read.TrySetException(reason()));
        calls.ForEach(call => call.Failed?.Invoke(reason()));
        _wake.Set();
    }

    /// <summary>Waits until there is something to take, the log is to stop, or the time is over.</summary>
    public void WaitForWork(TimeSpan most)
    {
        lock (_lock)
        {
            if (HasWork || _stopping && most == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            _wake.Reset();
            _sleeping = true;
        }

        _wake.Wait(most); // spins for some microseconds before it sleeps
    }

    /// <summary>Takes everything there is, but of the proposals one entry's; false when there is nothing.</summary>
    public bool TryTake(LogIntake intake)
    {
        intake.Clear();
        lock (_lock)
        {
            _sleeping = false;
            if (!HasWork)
            {
                return false;
            }

            intake.Messages.AddRange(_messages);
            intake.Reads.AddRange(_reads);
            intake.Calls.AddRange(_calls);
            intake.Ticks = _ticks;
            _messages.Clear();
            _reads.Clear();
            _calls.Clear();
            (_ticks, _messageBytes) = (0, 0);
            intake.Batch = TakeBatch();
            return true;
        }
    }

    /// <summary>Gives an emptied batch back for reuse.</summary>
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

    private bool HasWork => _calls.Count > 0 || _full.Count > 0 || _filling.Proposals.Count > 0
        || _messages.Count > 0 || _reads.Count > 0 || _ticks > 0;

    private ProposalBatch? TakeBatch()
    {
        if (!_full.TryDequeue(out var batch) && _filling.Proposals.Count > 0)
        {
            batch = _filling;
            _filling = NewBatch();
        }

        if (batch is not null)
        {
            _queuedBytes -= batch.CommandBytes;
            _queuedProposals -= batch.Proposals.Count;
        }

        return batch;
    }

    private ProposalBatch NewBatch() =>
        _spare.TryPop(out var spare) ? spare : new ProposalBatch(entryBytesMax);

    private static long BytesOf(RaftMessage message)
    {
        var bytes = 0L;
        for (var i = 0; i < message.Entries.Count; i++)
        {
            bytes += message.Entries[i].Payload.Length;
        }

        return bytes;
    }

    private bool Wakes()
    {
        var wakes = _sleeping;
        _sleeping = false;
        return wakes;
    }

    private void WakeIf(bool wake)
    {
        if (wake)
        {
            _wake.Set();
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed is { } reason)
        {
            throw reason();
        }
    }
}
