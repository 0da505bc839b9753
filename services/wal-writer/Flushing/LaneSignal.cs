namespace Spillway.WalWriter.Flushing;

/// <summary>What one thread sleeps on. A summons before the sleep is not lost. No spinning: at low load waking costs more than the bytes.</summary>
internal sealed class LaneSignal
{
    private readonly object _gate = new();
    private bool _isSet;

    public void Set()
    {
        lock (_gate)
        {
            _isSet = true;
            Monitor.Pulse(_gate);
        }
    }

    public void Wait()
    {
        lock (_gate)
        {
            while (!_isSet)
            {
                Monitor.Wait(_gate);
            }

            _isSet = false;
        }
    }
}
