namespace Spillway.WalWriter.Volumes;

/// <summary>
/// How many threads may be writing to a volume, whatever the epoch. A volume that hangs keeps the threads that are in its calls, and the
/// bytes they write; the lanes of the next epoch begin when those come back, or threads and bytes would pile up with every epoch. Thread-safe.
/// </summary>
internal sealed class LanePermits(int count)
{
    private readonly Lock _lock = new(); // guards what follows
    private readonly Queue<(string Name, Action Run, CancellationToken Unwanted)> _waiting = new();
    private int _freeCount = count;

    /// <summary>Runs the lane on a thread of its own as soon as there is a permit, unless it is unwanted by then.</summary>
    public void Start(string name, Action run, CancellationToken unwanted)
    {
        lock (_lock)
        {
            if (_freeCount == 0)
            {
                _waiting.Enqueue((name, run, unwanted));
                return;
            }

            _freeCount--;
        }

        Begin(name, run);
    }

    private void Begin(string name, Action run)
    {
        var thread = new Thread(() =>
        {
            run();
            PassOn();
        });
        thread.Name = name;
        thread.IsBackground = true;
        thread.Start();
    }

    private void PassOn()
    {
        while (true)
        {
            (string Name, Action Run, CancellationToken Unwanted) next;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out next))
                {
                    _freeCount++;
                    return;
                }
            }

            if (!next.Unwanted.IsCancellationRequested)
            {
                Begin(next.Name, next.Run);
                return;
            }
        }
    }
}
