namespace Spillway.Rpc.Append;

/// <summary>
/// Counts the bytes that one stream has in flight. One task acquires and may have to wait; any release. A message larger than the
/// bound gets in alone.
/// </summary>
internal sealed class InFlightBytes(long bytesMax)
{
    // Guards the fields below.
    private readonly Lock _lock = new();
    private long _inFlight;
    private long _wanted;
    private TaskCompletionSource? _waiting;

    public ValueTask AcquireAsync(long bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_inFlight == 0 || _inFlight + bytes <= bytesMax)
            {
                _inFlight += bytes;
                return ValueTask.CompletedTask;
            }
            _wanted = bytes;
            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_waiting.Task.WaitAsync(cancellationToken));
        }
    }

    public void Release(long bytes)
    {
        TaskCompletionSource? admitted = null;
        lock (_lock)
        {
            _inFlight -= bytes;
            if (_waiting is not null && (_inFlight == 0 || _inFlight + _wanted <= bytesMax))
            {
                _inFlight += _wanted;
                (admitted, _waiting) = (_waiting, null);
            }
        }
        admitted?.SetResult();
    }
}
