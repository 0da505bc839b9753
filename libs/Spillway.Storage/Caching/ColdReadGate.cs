namespace Spillway.Storage.Caching;

/// <summary>
/// Bounds the cold reads that are under way, in number and in bytes, and their pace, and shares them among who reads: each flow gets the same
/// bytes in the long run, however many reads it has waiting (start-time fair queueing). What is read ahead has at most half of the first two and
/// comes after what somebody waits for. Thread-safe.
/// </summary>
internal sealed class ColdReadGate(int readsMax, long bytesMax, ReadPace? pace = null)
{
    private readonly Lock _lock = new();                            // guards all fields below, and the turns
    private readonly PriorityQueue<ReadTurn, (double Start, long Arrival)> _wanted = new();
    private readonly PriorityQueue<ReadTurn, (double Start, long Arrival)> _ahead = new();
    private readonly Dictionary<long, double> _finishes = [];
    private double _now;
    private long _arrivals;
    private int _reads;
    private long _bytes;
    private int _aheadReads;
    private long _aheadBytes;
    private bool _isWaking;

    /// <summary>Reads under way.</summary>
    public int Reads
    {
        get
        {
            lock (_lock)
            {
                return _reads;
            }
        }
    }

    /// <summary>Bytes of the reads under way.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Reads that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _wanted.Count + _ahead.Count;
            }
        }
    }

    /// <summary>Waits for room for so many bytes. The turn is ended by <see cref="Exit"/>, once.</summary>
    public Task EnterAsync(ReadTurn turn, long bytes)
    {
        lock (_lock)
        {
            turn.Bytes = bytes;
            turn.Start = Math.Max(_now, _finishes.GetValueOrDefault(turn.FlowId));
            _finishes[turn.FlowId] = turn.Start + bytes;
            turn.Waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var entered = turn.Waiting.Task;
            (turn.IsAhead ? _ahead : _wanted).Enqueue(turn, (turn.Start, _arrivals++));
            LetIn();
            return entered;
        }
    }

    /// <summary>Lets a read in only if there is room at once and nobody waits for it.</summary>
    public bool TryEnter(ReadTurn turn, long bytes)
    {
        lock (_lock)
        {
            turn.Bytes = bytes;
            if (_wanted.Count > 0 || !HasRoom(bytes))
            {
                return false;
            }

            Begin(turn);
            return true;
        }
    }

    /// <summary>Somebody asks for what was to be read ahead: it waits no longer than other reads.</summary>
    public void Promote(ReadTurn turn)
    {
        lock (_lock)
        {
            if (!turn.IsAhead)
            {
                return;
            }

            turn.IsAhead = false;
            if (turn.Waiting is not null && _ahead.Remove(turn, out _, out var priority))
            {
                _wanted.Enqueue(turn, priority);
                LetIn();
            }
        }
    }

    /// <summary>Ends a turn.</summary>
    public void Exit(ReadTurn turn)
    {
        lock (_lock)
        {
            _reads--;
            _bytes -= turn.Bytes;
            if (turn.CountsAsAhead)
            {
                _aheadReads--;
                _aheadBytes -= turn.Bytes;
            }

            LetIn();
        }
    }

    private void LetIn()
    {
        // Strictly in order: to let small reads pass a large one that does not fit would let it wait for ever.
        while (_wanted.TryPeek(out var turn, out _) && HasRoom(turn.Bytes))
        {
            Admit(_wanted.Dequeue());
        }

        while (_wanted.Count == 0 && _ahead.TryPeek(out var turn, out _) && HasRoom(turn.Bytes) && HasRoomAhead(turn.Bytes))
        {
            Admit(_ahead.Dequeue());
        }

        if (_wanted.Count == 0 && _ahead.Count == 0)
        {
            // Nobody waits, so nobody is owed anything.
            _finishes.Clear();
            _now = 0;
        }
        else if (pace is not null && !_isWaking && pace.Ahead is var ahead && (ahead > TimeSpan.Zero || _reads == 0))
        {
            // The pace may have come round since it kept somebody out; with nothing under way nobody else would look again.
            _isWaking = true;
            _ = WakeAsync(pace, ahead > TimeSpan.Zero ? ahead : TimeSpan.FromMilliseconds(1));
        }
    }

    private async Task WakeAsync(ReadPace pace, TimeSpan after)
    {
        await pace.DelayAsync(after).ConfigureAwait(false);
        lock (_lock)
        {
            _isWaking = false;
            LetIn();
        }
    }

    private void Admit(ReadTurn turn)
    {
        _now = Math.Max(_now, turn.Start);
        var waiting = turn.Waiting!;
        turn.Waiting = null;
        Begin(turn);
        waiting.SetResult();
    }

    private void Begin(ReadTurn turn)
    {
        _reads++;
        _bytes += turn.Bytes;
        pace?.Add(turn.Bytes);
        turn.CountsAsAhead = turn.IsAhead;
        if (turn.CountsAsAhead)
        {
            _aheadReads++;
            _aheadBytes += turn.Bytes;
        }
    }

    // One alone is let in whatever its size.
    private bool HasRoom(long bytes) =>
        _reads < readsMax && (_reads == 0 || _bytes + bytes <= bytesMax) && pace?.Ahead is not { Ticks: > 0 };

    private bool HasRoomAhead(long bytes) =>
        _aheadReads < Math.Max(1, readsMax / 2) && (_aheadReads == 0 || _aheadBytes + bytes <= bytesMax / 2);
}
