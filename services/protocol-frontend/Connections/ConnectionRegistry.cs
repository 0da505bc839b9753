using System.Collections.Concurrent;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>All open client connections, so that a drain can end them in order. Thread-safe.</summary>
internal sealed class ConnectionRegistry : IDisposable
{
    private readonly ConcurrentDictionary<string, (KafkaConnection Connection, Task Served)> _connections = new();
    private readonly CancellationTokenSource _draining = new();

    /// <summary>Produce and fetch are refused with a retriable error, so that clients look for another frontend.</summary>
    public bool IsDraining => _draining.IsCancellationRequested;

    /// <summary>Cancelled when the drain begins: long polls end by it.</summary>
    public CancellationToken Draining => _draining.Token;

    public void Add(KafkaConnection connection, Task served)
    {
        _connections[connection.Id] = (connection, served);
        if (IsDraining)
        {
            connection.StopReading();
        }
    }

    public void Remove(KafkaConnection connection) => _connections.TryRemove(connection.Id, out _);

    /// <summary>Ends connections on which nothing was asked or answered for longer than <paramref name="idle"/>.</summary>
    public void CloseIdle(TimeSpan idle)
    {
        foreach (var (_, (connection, _)) in _connections)
        {
            if (connection.IdleTime > idle)
            {
                connection.StopReading();
            }
        }
    }

    /// <summary>Ends requests that have taken longer than their clients may be kept waiting.</summary>
    public void CheckTimeouts()
    {
        // The dictionary itself: Values would be a copy each time.
        foreach (var (_, (connection, _)) in _connections)
        {
            connection.CheckTimeouts();
        }
    }

    /// <summary>
    /// Stops reading from every connection, waits until what was read is answered, and closes; what is left when
    /// <paramref name="deadline"/> comes is aborted.
    /// </summary>
    public async Task DrainAsync(CancellationToken deadline)
    {
        await _draining.CancelAsync().ConfigureAwait(false);
        var all = _connections.Values.ToArray();
        foreach (var (connection, _) in all)
        {
            connection.StopReading();
        }

        try
        {
            await Task.WhenAll(all.Select(static one => one.Served)).WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            foreach (var (connection, _) in _connections.Values)
            {
                connection.Abort("the frontend stops and the drain time is over");
            }
        }
    }

    public void Dispose() => _draining.Dispose();
}
