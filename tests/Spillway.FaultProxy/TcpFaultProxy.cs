using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Spillway.FaultProxy;

/// <summary>
/// Stands before one TCP server of this machine and passes connections on, well or badly as its links say. It knows nothing of what is said
/// over them: HTTP/2, Kafka and Raft are alike. A caller is told by name where the proxy is given a way to know; each has a link of its own.
/// </summary>
public sealed class TcpFaultProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, FaultLink> _links = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly FaultProxyOptions _options;
    private readonly Lock _lock = new(); // guards _random
    private readonly Random _random;
    private readonly Task _accepting;

    /// <summary>Listens at once.</summary>
    public TcpFaultProxy(FaultProxyOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, options.ListenPort));
        _listener.Listen(512);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync(_stop.Token);
    }

    /// <summary>The target's name.</summary>
    public string Name => _options.Name;

    /// <summary>Where callers connect to.</summary>
    public int Port { get; }

    /// <summary>The links that have been used or asked for.</summary>
    public IEnumerable<FaultLink> Links => _links.Values;

    /// <summary>The link of a caller; of everybody where callers are not told apart.</summary>
    public FaultLink Link(string caller = "") =>
        _links.GetOrAdd(caller, static (name, options) => new FaultLink(name, options.Name, options.Time), _options);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var link in _links.Values)
        {
            link.ResetConnections();
        }

        _stop.Dispose();
    }

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Socket accepted;
            try
            {
                accepted = await _listener.AcceptAsync(cancellationToken);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                continue; // A caller that went away while it waited for us.
            }

            Serve(accepted);
        }
    }

    private void Serve(Socket accepted)
    {
        var caller = accepted.RemoteEndPoint is IPEndPoint remote ? _options.NameOfCaller(remote.Port, Port) : "";
        var link = Link(caller);
        if (link.RefusesConnections)
        {
            link.CountReset();
            ProxyConnection.Abort(accepted);
            return;
        }

        double share;
        int seed;
        lock (_lock)
        {
            (share, seed) = (_random.NextDouble(), _random.Next());
        }

        var connection = new ProxyConnection(link, accepted, _options, share, seed);
        link.Add(connection);
        connection.Start(_stop.Token);
    }
}
