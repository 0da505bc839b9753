using System.Net.Sockets;

namespace Spillway.Raft.Transport;

/// <summary>One established connection, plain or TLS. Whoever made it disposes it; anyone may abort it.</summary>
internal sealed class RaftConnection(Socket socket, Stream stream) : IAsyncDisposable
{
    /// <summary>Replaced by the TLS stream around it during the handshake.</summary>
    public Stream Stream { get; set; } = stream;

    public string RemoteEndPoint { get; } = socket.RemoteEndPoint?.ToString() ?? "?";

    /// <summary>A socket as all of ours are: no waiting to fill packets, and a dead peer is noticed in the end.</summary>
    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <summary>Makes every read and write end now.</summary>
    public void Abort() => socket.Dispose();

    public async ValueTask DisposeAsync()
    {
        socket.Dispose(); // first: a TLS stream would try to say goodbye on a connection that may be dead
        await Stream.DisposeAsync().ConfigureAwait(false);
    }
}
