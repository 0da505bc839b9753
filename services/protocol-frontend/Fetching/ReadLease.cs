using Spillway.Kafka.Buffers;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>What keeps the records of a fetch response in memory until the response is written. One owner.</summary>
internal sealed class ReadLease : IDisposable
{
    private readonly List<IDisposable> _held = [];

    /// <summary>Adds a reference of its own.</summary>
    public void Share(SharedBuffer buffer)
    {
        buffer.AddRef();
        _held.Add(buffer);
    }

    /// <summary>Takes over what the caller holds.</summary>
    public void Take(IDisposable held) => _held.Add(held);

    public void Dispose()
    {
        foreach (var held in _held)
        {
            held.Dispose();
        }

        _held.Clear();
    }
}
