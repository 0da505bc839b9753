using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Spillway.Raft.Transport;

/// <summary>
/// Listens for the other nodes: checks who connects, then hands the connection to what it is for. Of one node only the
/// newest connection for messages is kept; the one before it is dead, or its node would not have made another.
/// </summary>
internal sealed class RaftAcceptor : IAsyncDisposable
{
    private const int GreetingsMax = 64;

    private readonly TransportContext _context;
    private readonly IRaftReceiver _receiver;
    private readonly IGreetingJudge _judge;
    private readonly SnapshotSender _snapshots;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<ulong, RaftConnection> _inbound = [];
    private readonly HashSet<Task> _serving = [];

    private int _greetings;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Binds and listens; nothing is accepted before <see cref="Start"/>.</summary>
    /// <exception cref="LogFailedException">The address cannot be listened on.</exception>
    public RaftAcceptor(TransportContext context, IRaftReceiver receiver, IGreetingJudge judge)
    {
        _context = context;
        _receiver = receiver;
        _judge = judge;
        _snapshots = new SnapshotSender(context, receiver);
        var endPoint = new IPEndPoint(IPAddress.Parse(context.Options.ListenAddress), context.Options.ListenPort);
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                _listener.DualMode = true;
            }

            _listener.Bind(endPoint);
            _listener.Listen(128);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            throw new LogFailedException($"The Raft transport cannot listen on {endPoint}: {e.Message}", e);
        }

        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    public void Start() => _accepting = Task.Run(AcceptAsync);

    /// <summary>Hangs up on a node.</summary>
    public void Drop(ulong nodeId)
    {
        lock (_lock)
        {
            if (_inbound.Remove(nodeId, out var connection))
            {
                connection.Abort();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] serving;
        lock (_lock)
        {
            serving = [.. _serving];
        }

        await Task.WhenAll(serving).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                Accept(socket);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                // Out of descriptors, or a connection that was gone before it was accepted: others go on.
                RaftTransportLog.AcceptFailed(_context.Logger, e.Message);
                using var pause = new Deadline(_context.Options.BeatInterval, _context.Time, _stopping.Token);
                await Task.Delay(Timeout.InfiniteTimeSpan, pause.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Accept(Socket socket)
    {
        if (Interlocked.Increment(ref _greetings) > GreetingsMax)
        {
            Interlocked.Decrement(ref _greetings);
            socket.Dispose(); // somebody connects without end; who is sound tries again
            return;
        }

        // Under the lock: a task that has ended must not be added after it was removed.
        lock (_lock)
        {
            var task = Task.Run(() => ServeAsync(socket));
            _serving.Add(task);
            _ = task.ContinueWith(
                Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Forget(Task task)
    {
        lock (_lock)
        {
            _serving.Remove(task);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        RaftConnection connection;
        try
        {
            RaftConnection.Prepare(socket);
            connection = new RaftConnection(socket, new NetworkStream(socket, ownsSocket: true));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            socket.Dispose(); // gone already
            Interlocked.Decrement(ref _greetings);
            return;
        }

        await using (connection.ConfigureAwait(false))
        {
            var greeting = await ReceiveAsync(connection).ConfigureAwait(false);
            Interlocked.Decrement(ref _greetings);
            if (greeting is { Purpose: ConnectionPurpose.Messages })
            {
                await CarryAsync(connection, greeting).ConfigureAwait(false);
            }
            else if (greeting is not null)
            {
                await _snapshots.ServeAsync(connection, greeting, _stopping.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Who it is, if it may come in; null where it was refused.</summary>
    private async Task<Greeting?> ReceiveAsync(RaftConnection connection)
    {
        using var deadline = new Deadline(_context.Options.HandshakeTimeout, _context.Time, _stopping.Token);
        try
        {
            var tls = await SecureAsync(connection, deadline.Token).ConfigureAwait(false);
            var (greeting, version) = await ReadGreetingAsync(connection.Stream, deadline.Token).ConfigureAwait(false);
            var (status, reason, detail) = Judge(greeting, version, tls);
            if (status != HandshakeStatus.Welcome)
            {
                _context.Metrics.Refused(status);
                RaftTransportLog.Refused(_context.Logger, connection.RemoteEndPoint, reason);
            }

            if (status != HandshakeStatus.Welcome || greeting!.Purpose == ConnectionPurpose.Messages)
            {
                await connection.Stream.WriteAsync(HandshakeFormat.WriteAnswer(status, detail), deadline.Token).ConfigureAwait(false);
            }

            return status == HandshakeStatus.Welcome ? greeting : null;
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException
            or OperationCanceledException or ObjectDisposedException)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _context.Metrics.Refused(null);
                RaftTransportLog.Refused(
                    _context.Logger, connection.RemoteEndPoint, deadline.Passed ? "it did not greet in time" : e.Message);
            }

            return null;
        }
    }

    private async Task<SslStream?> SecureAsync(RaftConnection connection, CancellationToken ct)
    {
        if (_context.Certificates is not { } certificates)
        {
            return null;
        }

        var tls = new SslStream(connection.Stream, leaveInnerStreamOpen: false);
        connection.Stream = tls;
        await tls.AuthenticateAsServerAsync(certificates.ForServer(), ct).ConfigureAwait(false);
        return tls;
    }

    private static async Task<(Greeting? Greeting, byte Version)> ReadGreetingAsync(Stream stream, CancellationToken ct)
    {
        var bytes = new byte[HandshakeFormat.GreetingBytesMax];
        await stream.ReadExactlyAsync(bytes.AsMemory(0, HandshakeFormat.GreetingHeaderBytes), ct).ConfigureAwait(false);
        var addressBytes = HandshakeFormat.ReadAddressBytes(bytes)
            ?? throw new RaftConnectException("it does not greet as a metadata node does (is TLS on at one side only?)");
        var length = HandshakeFormat.GreetingHeaderBytes + addressBytes;
        await stream.ReadExactlyAsync(bytes.AsMemory(HandshakeFormat.GreetingHeaderBytes, addressBytes), ct).ConfigureAwait(false);
        return (HandshakeFormat.ReadGreeting(bytes.AsSpan(0, length), out var version), version);
    }

    private (HandshakeStatus Status, string Reason, ulong Detail) Judge(Greeting? greeting, byte version, SslStream? tls)
    {
        if (greeting is null)
        {
            return (HandshakeStatus.UnknownVersion, $"its greeting of version {version} cannot be read", 0);
        }

        if (greeting.ClusterId != _context.ClusterId)
        {
            return (HandshakeStatus.WrongCluster,
                $"node {greeting.From} belongs to cluster {greeting.ClusterId}, this is {_context.ClusterId}", 0);
        }

        if (greeting.To != _context.NodeId || greeting.From == _context.NodeId || greeting.From == 0)
        {
            return (HandshakeStatus.WrongNode,
                $"node {greeting.From} looks for node {greeting.To}, this is node {_context.NodeId}", 0);
        }

        var name = RaftTlsOptions.NameOf(greeting.From, greeting.ClusterId);
        if (tls is not null && !RaftCertificates.Names(tls.RemoteCertificate, name))
        {
            return (HandshakeStatus.WrongCertificate, $"its certificate does not name {name}", 0);
        }

        // What is applied is read first: the standing is at least as new, so a node that hears of it is not misled.
        var applied = _receiver.AppliedIndex;
        return _judge.StandingOf(greeting.From) switch
        {
            GreeterStanding.Member => (HandshakeStatus.Welcome, "", 0),
            GreeterStanding.Unknown => (HandshakeStatus.Welcome, "", applied),
            _ => (HandshakeStatus.Removed, $"node {greeting.From} was removed from the group", applied),
        };
    }

    private async Task CarryAsync(RaftConnection connection, Greeting greeting)
    {
        lock (_lock)
        {
            if (_inbound.Remove(greeting.From, out var older))
            {
                older.Abort();
            }

            _inbound.Add(greeting.From, connection);
        }

        _judge.Greeted(greeting.From, greeting.Address);
        var messages = new InboundMessages(_context, _receiver, connection, greeting.From);
        await messages.RunAsync(_stopping.Token).ConfigureAwait(false);
        lock (_lock)
        {
            if (_inbound.TryGetValue(greeting.From, out var current) && current == connection)
            {
                _inbound.Remove(greeting.From);
            }
        }
    }
}
