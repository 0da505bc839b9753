using System.Net;
using System.Net.Sockets;

namespace Spillway.FaultProxy;

/// <summary>One connection through the proxy: a socket to either end and a pump for each direction.</summary>
internal sealed class ProxyConnection : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly FaultLink _link;
    private readonly Socket _caller;
    private readonly Socket _target = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly FaultProxyOptions _options;
    private readonly double _latencyShare;
    private readonly int _seed;
    private readonly bool _isBornDropped;
    private int _isOver;

    public ProxyConnection(FaultLink link, Socket caller, FaultProxyOptions options, double latencyShare, int seed)
    {
        (_link, _caller, _options, _latencyShare, _seed) = (link, caller, options, latencyShare, seed);
        _caller.NoDelay = true;
        _isBornDropped = link.ToTarget.Conditions.Flow == LinkFlow.Drop || link.ToCaller.Conditions.Flow == LinkFlow.Drop;
    }

    /// <summary>Closes a socket so that its other end sees a reset.</summary>
    public static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has no other end any more.
        }

        socket.Dispose();
    }

    public void Start(CancellationToken stop)
    {
        var registration = stop.UnsafeRegister(static connection => ((ProxyConnection)connection!).Reset(), this);
        _ = Task.Run(() => RunAsync(registration), CancellationToken.None);
    }

    /// <summary>Both ends see a reset.</summary>
    public void Reset()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return;
        }

        Abort(_caller);
        Abort(_target);
        _link.Remove(this);
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself at the same moment.
        }
    }

    public void Dispose()
    {
        Reset();
        _target.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync(CancellationTokenRegistration registration)
    {
        await using (registration)
        {
            try
            {
                if (await ConnectAsync())
                {
                    var toTarget = new ConnectionPump(_caller, _target, _link.ToTarget, _options, _latencyShare, _seed, Reset);
                    var toCaller = new ConnectionPump(_target, _caller, _link.ToCaller, _options, _latencyShare, _seed + 1, Reset);
                    try
                    {
                        await Task.WhenAll(toTarget.RunAsync(_end.Token), toCaller.RunAsync(_end.Token));
                    }
                    finally
                    {
                        toTarget.Abandon();
                        toCaller.Abandon();
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Reset by somebody.
            }

            // Both ends have closed in order by now, or it is over anyway.
            Dispose();
        }
    }

    /// <summary>
    /// The kernel has taken the connection already; whether it gets anywhere is decided here. Nothing comes through a cut, in whichever
    /// direction it is: a handshake needs both.
    /// </summary>
    private async Task<bool> ConnectAsync()
    {
        var isDropped = _isBornDropped;
        while (true)
        {
            var toTargetChanged = _link.ToTarget.Changed(out var toTarget);
            var toCallerChanged = _link.ToCaller.Changed(out var toCaller);
            if (toTarget.Flow == LinkFlow.Pass && toCaller.Flow == LinkFlow.Pass)
            {
                break;
            }

            isDropped |= toTarget.Flow == LinkFlow.Drop || toCaller.Flow == LinkFlow.Drop;
            await Task.WhenAny(toTargetChanged, toCallerChanged).WaitAsync(_end.Token);
        }

        if (isDropped)
        {
            _link.CountReset();
            return false;
        }

        try
        {
            await _target.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _options.TargetPort), _end.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // Nobody listens: the caller sees a reset.
        }
    }
}
