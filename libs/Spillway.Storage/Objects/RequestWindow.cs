namespace Spillway.Storage.Objects;

/// <summary>
/// How many requests of one direction may be under way at a time. A store that says "slow down" halves it, and requests that end well
/// while it is full widen it by one a round: additive increase, multiplicative decrease, as TCP does. Who comes to a full window waits in order
/// of arrival. Thread-safe.
/// </summary>
internal sealed class RequestWindow(int limitMax)
{
    private readonly Lock _lock = new();                            // guards all fields below
    private readonly LinkedList<TaskCompletionSource<RequestTurn>> _waiting = [];
    private double _limit = limitMax;
    private int _inFlight;
    private long _cuts;

    public int Limit
    {
        get
        {
            lock (_lock)
            {
                return (int)_limit;
            }
        }
    }

    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _inFlight;
            }
        }
    }

    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Waits for room. The turn is ended exactly once.</summary>
    public ValueTask<RequestTurn> EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource<RequestTurn>> waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _inFlight < (int)_limit)
            {
                return new(TakeTurn());
            }

            waiter = _waiting.AddLast(
                new TaskCompletionSource<RequestTurn>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Ends a turn. A throttled one narrows the window, unless it has been narrowed since the turn began.</summary>
    public void End(RequestTurn turn, RequestTurnEnd end)
    {
        lock (_lock)
        {
            var wasFull = _inFlight >= (int)_limit;
            _inFlight--;
            if (end == RequestTurnEnd.Throttled && turn.Cuts == _cuts)
            {
                // What was sent before the last cut tells of the window as it was then: one bad moment counts once.
                _cuts++;
                _limit = Math.Max(1, Math.Floor(_limit / 2));
            }
            else if (end == RequestTurnEnd.Ok && wasFull)
            {
                _limit = Math.Min(limitMax, _limit + (1 / _limit));
            }

            while (_inFlight < (int)_limit && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.SetResult(TakeTurn());
            }
        }
    }

    private async ValueTask<RequestTurn> WaitAsync(
        LinkedListNode<TaskCompletionSource<RequestTurn>> waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            _ =>
            {
                lock (_lock)
                {
                    // No list: it has been given its turn, and ends it in the ordinary way.
                    if (waiter.List is not null)
                    {
                        _waiting.Remove(waiter);
                        waiter.Value.SetCanceled(cancellationToken);
                    }
                }
            },
            null);
        return await waiter.Value.Task;
    }

    private RequestTurn TakeTurn()
    {
        _inFlight++;
        return new RequestTurn(_cuts);
    }
}
