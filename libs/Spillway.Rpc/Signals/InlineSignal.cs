using System.Threading.Tasks.Sources;

namespace Spillway.Rpc;

/// <summary>
/// Wakes one waiter, which goes on within <see cref="Set"/>, on the thread that sets it: a hop through the thread pool costs more
/// than writing an answer. Sets while nobody waits are one. Any thread sets; one waits. Allocates nothing.
/// </summary>
public sealed class InlineSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int IsSet = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    /// <summary>What was written before is seen by the waiter, whether it waits now or looks later.</summary>
    public void Set()
    {
        // Exchanges, as full fences: who finds the state set relies on the waiter to look again after it has cleared it.
        if (Interlocked.Exchange(ref _state, IsSet) == Waiting)
        {
            Interlocked.Exchange(ref _state, Idle);
            _source.SetResult(true);
        }
    }

    /// <summary>Completes at once if it was set since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, IsSet) == IsSet)
        {
            return ValueTask.CompletedTask;
        }

        _source.Reset();
        var version = _source.Version;
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, version);
        }

        Interlocked.Exchange(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
