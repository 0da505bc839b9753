using System.Net;
using System.Net.Sockets;

namespace Spillway.Raft.Tests.Transport;

/// <summary>Carries bytes between two ends, until it is told to be a bad network.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<Task> _tasks = [];
    private readonly List<Line> _lines = [];
    private readonly string _host;
    private readonly int _port;

    public Relay(string target)
    {
        var endPoint = IPEndPoint.Parse(target);
        (_host, _port) = (endPoint.Address.ToString(), endPoint.Port);
        _listener.Start();
        Track(AcceptAsync());
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    public int Connections { get; private set; }

    /// <summary>Changes bytes on their way from the target back to who connected; false to cut the connection there.</summary>
    public Func<byte[], int, bool>? OnAnswer { get; set; }

    /// <summary>What there is now stays open and carries nothing any more; new connections work.</summary>
    public void FreezeCurrent()
    {
        lock (_lock)
        {
            _lines.ForEach(static line => line.Frozen = true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Task[] tasks;
        lock (_lock)
        {
            _lines.ForEach(static line => line.Dispose());
            tasks = [.. _tasks];
        }

        await Task.WhenAll(tasks);
        _stopping.Dispose();
    }

    private void Track(Task task)
    {
        lock (_lock)
        {
            _tasks.Add(task);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_stopping.Token);
                var line = new Line(near, new Socket(SocketType.Stream, ProtocolType.Tcp));
                lock (_lock)
                {
                    _lines.Add(line);
                }

                Connections++;
                await line.Far.ConnectAsync(_host, _port, _stopping.Token);
                Track(CarryAsync(line, line.Near, line.Far, null));
                Track(CarryAsync(line, line.Far, line.Near, OnAnswer));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task CarryAsync(Line line, Socket from, Socket to, Func<byte[], int, bool>? change)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, SocketFlags.None, _stopping.Token);
                if (line.Frozen && read > 0)
                {
                    continue; // swallowed, as by a cut; nobody is told
                }

                if (read == 0 || change?.Invoke(buffer, read) == false)
                {
                    break;
                }

                await to.SendAsync(buffer.AsMemory(0, read), SocketFlags.None, _stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        line.Dispose();
    }

    private sealed class Line(Socket near, Socket far) : IDisposable
    {
        private volatile bool _frozen;

        public bool Frozen
        {
            get => _frozen;
            set => _frozen = value;
        }

        public Socket Near => near;

        public Socket Far => far;

        public void Dispose()
        {
            near.Dispose();
            far.Dispose();
        }
    }
}
