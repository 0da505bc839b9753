namespace Spillway.WalWriter.Volumes;

/// <summary>
/// The calls that a volume has not answered. A hard mount answers none of them while its server is away, so a call that is pending for
/// longer than the limit means that the volume stalls; nothing new is sent there until it answers again. Thread-safe.
/// </summary>
internal sealed class VolumeCalls(TimeSpan stallLimit, TimeProvider time)
{
    private readonly Lock _lock = new(); // guards what follows and the calls that are pending
    private readonly List<VolumeCall> _pending = [];
    private long _stalledTimestamp;
    private volatile bool _isStalled;

    /// <summary>Called with the kind of the call when the volume begins to stall; it only reports.</summary>
    public Action<string> OnStalled { get; init; } = static _ => { };

    /// <summary>Called with the duration when the volume answers again; it only reports.</summary>
    public Action<TimeSpan> OnAnswering { get; init; } = static _ => { };

    public bool IsStalled => _isStalled;

    /// <summary>For how long the oldest call has been pending; zero for none.</summary>
    public TimeSpan OldestAge
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count == 0 ? TimeSpan.Zero : _pending.Max(call => time.GetElapsedTime(call.StartTimestamp));
            }
        }
    }

    public void Begin(VolumeCall call)
    {
        lock (_lock)
        {
            call.StartTimestamp = time.GetTimestamp();
            call.IsWrittenOff = false;
            _pending.Add(call);
        }
    }

    /// <summary>The call came back, with success or an error of the volume.</summary>
    public void End(VolumeCall call, bool isSuccess)
    {
        lock (_lock)
        {
            _pending.Remove(call);
            if (!_isStalled)
            {
                return;
            }

            foreach (var other in _pending)
            {
                // This one was sent when the other had already been pending for too long: the volume lives, and the other is lost by itself.
                other.IsWrittenOff |= isSuccess && time.GetElapsedTime(other.StartTimestamp, call.StartTimestamp) >= stallLimit;
            }

            Update();
        }
    }

    /// <summary>Looks at what is pending; called every so often.</summary>
    public void Check()
    {
        lock (_lock)
        {
            Update();
        }
    }

    private void Update()
    {
        VolumeCall? overdue = null;
        foreach (var call in _pending)
        {
            if (!call.IsWrittenOff && time.GetElapsedTime(call.StartTimestamp) > stallLimit)
            {
                overdue = call;
                break;
            }
        }

        if (overdue is not null == _isStalled)
        {
            return;
        }

        _isStalled = overdue is not null;
        if (overdue is not null)
        {
            _stalledTimestamp = overdue.StartTimestamp;
            OnStalled(overdue.Kind);
        }
        else
        {
            OnAnswering(time.GetElapsedTime(_stalledTimestamp));
        }
    }
}
