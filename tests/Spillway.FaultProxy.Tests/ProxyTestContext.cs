using System.Net;
using System.Net.Sockets;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.FaultProxy.Tests;

/// <summary>A target that listens, a proxy before it, and ends of connections through it.</summary>
internal sealed class ProxyTestContext : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<Socket> _sockets = [];
    private readonly Socket _target = NewSocket();

    public ProxyTestContext(Func<FaultProxyOptions, FaultProxyOptions>? options = null)
    {
        _target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _target.Listen();
        var plain = new FaultProxyOptions { Name = "target", TargetPort = ((IPEndPoint)_target.LocalEndPoint!).Port };
        Proxy = new TcpFaultProxy(options is null ? plain : options(plain));
    }

    public TcpFaultProxy Proxy { get; }

    public FaultLink Link => Proxy.Link();

    public static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A connection through the proxy, both ends of it.</summary>
    public async Task<(Socket Caller, Socket Target)> ConnectAsync()
    {
        var caller = await ConnectCallerAsync();
        return (caller, await AcceptAsync());
    }

    public async Task<Socket> ConnectCallerAsync()
    {
        var caller = Keep(NewSocket());
        await caller.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Proxy.Port), Cancelled);
        return caller;
    }

    public async Task<Socket> AcceptAsync() => Keep(await _target.AcceptAsync(Cancelled).AsTask().WaitAsync(Patience));

    /// <summary>The target is gone: nobody listens where it was.</summary>
    public void StopListening() => _target.Dispose();

    public static Task SendAsync(Socket socket, params byte[] bytes) => socket.SendAsync(bytes, Cancelled).AsTask();

    /// <summary>Exactly so many bytes.</summary>
    public static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(at), Cancelled).AsTask().WaitAsync(Patience);
            Assert.True(read > 0, $"the end after {at} of {count} bytes");
            at += read;
        }

        return bytes;
    }

    /// <summary>The other end has closed in order.</summary>
    public static async Task AssertClosedAsync(Socket socket) =>
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1], Cancelled).AsTask().WaitAsync(Patience));

    /// <summary>A new connection is reset, which its caller may see as early as in its connect.</summary>
    public async Task AssertNewIsResetAsync()
    {
        var e = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            var caller = await ConnectCallerAsync();
            _ = await caller.ReceiveAsync(new byte[1], Cancelled).AsTask().WaitAsync(Patience);
        });
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
    }

    /// <summary>The connection was reset.</summary>
    public static async Task AssertResetAsync(Socket socket)
    {
        var e = await Assert.ThrowsAsync<SocketException>(async () =>
            await socket.ReceiveAsync(new byte[1], Cancelled).AsTask().WaitAsync(Patience));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
    }

    public static Task UntilAsync(Func<bool> condition, string what) => Deadline.UntilAsync(condition, Patience, what, Cancelled);

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _sockets.ForEach(static socket => socket.Dispose());
        _target.Dispose();
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private Socket Keep(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }
}
