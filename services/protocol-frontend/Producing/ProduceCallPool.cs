using System.Collections.Concurrent;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>A connection's produce calls that are over: as many as an ordinary client has in flight, and a few. Thread-safe.</summary>
internal sealed class ProduceCallPool
{
    private const int CallsMax = 8;

    private readonly ConcurrentQueue<ProduceCall> _calls = new();

    public ProduceCall? TryTake() => _calls.TryDequeue(out var call) ? call : null;

    public void Return(ProduceCall call)
    {
        // The count may lie by what others do right now; the bound is not that exact.
        if (_calls.Count < CallsMax)
        {
            _calls.Enqueue(call);
        }
    }
}
