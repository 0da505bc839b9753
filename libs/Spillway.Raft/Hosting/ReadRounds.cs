using Spillway.Raft.Core;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Read barriers in rounds: all that wait go under one id, the next round begins when a majority has confirmed the last
/// one, or it got no answer for an election time-out. An id is never used again, on a retry neither: an old heartbeat's
/// reply would confirm it. Owned by the log's thread.
/// </summary>
internal sealed class ReadRounds(ulong nodeId, ulong processEpoch, int timeoutTicks)
{
    private readonly Queue<(ulong Index, List<TaskCompletionSource<ulong>> Waiters)> _confirmed = new();
    private List<TaskCompletionSource<ulong>> _waiting = [];
    private Round? _flight;
    private ulong _counter;
    private bool _contactWanted;

    /// <summary>When the last confirmed round had begun; null in a new term.</summary>
    public long? ContactTimestamp { get; private set; }

    public void Add(List<TaskCompletionSource<ulong>> waiters) => _waiting.AddRange(waiters);

    /// <summary>A round is to be made even if nobody reads: to know whether a majority still follows.</summary>
    public void WantContact() => _contactWanted = true;

    /// <summary>Begins the next round, if there is anyone to begin it for and none is under way.</summary>
    public bool TryBegin(IRaftCore core, long timestamp)
    {
        if (_flight is not null || (_waiting.Count == 0 && !_contactWanted))
        {
            return false;
        }

        var id = new ReadId(nodeId, processEpoch, ++_counter);
        if (!core.TryReadIndex(id))
        {
            return false;
        }

        _flight = new Round(id, timestamp, _waiting);
        _waiting = [];
        _contactWanted = false;
        return true;
    }

    public void Confirm(ReadState state)
    {
        if (_flight is { } round && round.Id == state.Id)
        {
            ContactTimestamp = round.BegunTimestamp;
            _confirmed.Enqueue((state.Index, round.Waiters));
            _flight = null;
        }
    }

    /// <summary>Answers whom the state is new enough for.</summary>
    public void Answer(ulong appliedIndex)
    {
        while (_confirmed.TryPeek(out var first) && first.Index <= appliedIndex)
        {
            _confirmed.Dequeue();
            first.Waiters.ForEach(waiter => waiter.TrySetResult(appliedIndex));
        }
    }

    public void Tick()
    {
        if (_flight is { } round && ++round.Ticks >= timeoutTicks)
        {
            round.Waiters.AddRange(_waiting);
            _waiting = round.Waiters;
            _contactWanted = true;
            _flight = null;
        }
    }

    /// <summary>Leadership is gone, or the log is: a read has no outcome, so all of them have simply failed.</summary>
    public void FailAll(Func<ReplicatedLogException> reason)
    {
        var failed = _waiting;
        failed.AddRange(_flight?.Waiters ?? []);
        while (_confirmed.TryDequeue(out var confirmed))
        {
            failed.AddRange(confirmed.Waiters);
        }

        _waiting = [];
        _flight = null;
        _contactWanted = false;
        ContactTimestamp = null;
        failed.ForEach(waiter => waiter.TrySetException(reason()));
    }

    private sealed class Round(ReadId id, long begunTimestamp, List<TaskCompletionSource<ulong>> waiters)
    {
        public ReadId Id => id;

        public long BegunTimestamp => begunTimestamp;

        public List<TaskCompletionSource<ulong>> Waiters => waiters;

        public int Ticks { get; set; }
    }
}
