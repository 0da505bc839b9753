using System.Buffers;
using Spillway.Raft.Core;

namespace Spillway.Raft.Transport;

/// <summary>
/// Carries messages to one node: a connection of its own, made again whenever it is lost, and one sender that gathers what
/// waits into one send. Lives while the node is a member, or talks to us.
/// </summary>
internal sealed class OutboundPeer : IAsyncDisposable
{
    private const int GatherBytes = 256 << 10;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);

    private readonly TransportContext _context;
    private readonly RaftConnector _connector;
    private readonly IRaftReceiver _receiver;
    private readonly OutboundQueue _queue;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _nudge = new(0);
    private readonly List<RaftMessage> _taken = [];
    private readonly Task _run;
    private string? _lastReason;

    public OutboundPeer(TransportContext context, RaftConnector connector, IRaftReceiver receiver, ulong nodeId, string address)
    {
        _context = context;
        _connector = connector;
        _receiver = receiver;
        NodeId = nodeId;
        Address = address;
        _queue = new OutboundQueue(context.Options.QueuedBytesMax);
        _run = Task.Run(RunAsync);
    }

    public ulong NodeId { get; }

    public string Address { get; }

    /// <summary>Queues a message; returns at once.</summary>
    public void Send(RaftMessage message)
    {
        var dropped = _queue.Add(message);
        if (dropped == 0)
        {
            return;
        }

        _context.Metrics.Dropped(NodeId, dropped);
        if (_queue.Connected)
        {
            _receiver.Unreachable(NodeId); // else a leader goes on as if what is gone were on its way
        }
    }

    /// <summary>The node has shown itself: it is worth connecting to now.</summary>
    public void Nudge()
    {
        if (_nudge.CurrentCount == 0)
        {
            _nudge.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var delay = FirstDelay;
        while (!_stopping.IsCancellationRequested)
        {
            var connected = false;
            try
            {
                var (connection, notMemberAsOf) = await _connector.ConnectAsync(
                    NodeId, Address, ConnectionPurpose.Messages, default, _stopping.Token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    connected = true;
                    Connected();
                    if (notMemberAsOf > 0)
                    {
                        _receiver.Removed(NodeId, notMemberAsOf);
                    }

                    await CarryAsync(connection).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // networks and TLS fail in many ways, and all of them mean to connect again
            {
                Disconnected(e.Message, connected);
                if (e is RaftConnectException { RemovedAsOf: { } removedAsOf })
                {
                    _receiver.Removed(NodeId, removedAsOf);
                }
            }

            delay = connected ? FirstDelay : delay;
            using (var wait = new Deadline(delay, _context.Time, _stopping.Token))
            {
                await _nudge.WaitAsync(wait.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            delay = delay * 2 < _context.Options.ReconnectDelayMax ? delay * 2 : _context.Options.ReconnectDelayMax;
        }
    }

    private void Connected()
    {
        _lastReason = null;
        _queue.Connected = true;
        _context.Metrics.Connected(NodeId);
        RaftTransportLog.Connected(_context.Logger, NodeId, Address);
    }

    private void Disconnected(string reason, bool wasConnected)
    {
        _queue.Connected = false;
        _context.Metrics.Dropped(NodeId, _queue.Clear());
        _receiver.Unreachable(NodeId);
        if (wasConnected)
        {
            RaftTransportLog.Lost(_context.Logger, NodeId, Address, reason);
        }
        else if (reason == _lastReason)
        {
            RaftTransportLog.StillUnreachable(_context.Logger, NodeId, Address, reason);
        }
        else
        {
            RaftTransportLog.Unreachable(_context.Logger, NodeId, Address, reason);
        }

        _lastReason = reason;
    }

    /// <summary>Sends until the connection ends, which it always does with an exception.</summary>
    private async Task CarryAsync(RaftConnection connection)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var beats = WatchBeatsAsync(connection, ended.Token);
        var sends = SendAsync(connection, ended.Token);
        var first = await Task.WhenAny(beats, sends).ConfigureAwait(false);
        connection.Abort();
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(beats, sends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    private async Task WatchBeatsAsync(RaftConnection connection, CancellationToken ct)
    {
        var buffer = new byte[64];
        while (true)
        {
            using var deadline = new Deadline(_context.Options.SilenceMax, _context.Time, ct);
            int read;
            try
            {
                read = await connection.Stream.ReadAsync(buffer, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (deadline.Passed)
            {
                throw new RaftConnectException($"it was silent for {_context.Options.SilenceMax.TotalSeconds:0.#} s");
            }

            if (read == 0)
            {
                throw new RaftConnectException("it hung up");
            }
        }
    }

    private async Task SendAsync(RaftConnection connection, CancellationToken ct)
    {
        var buffer = new ArrayBufferWriter<byte>(GatherBytes);
        while (true)
        {
            await _queue.WaitAsync(ct).ConfigureAwait(false);
            while (Gather(buffer))
            {
                await connection.Stream.WriteAsync(buffer.WrittenMemory, ct).ConfigureAwait(false);
                _context.Metrics.Sent(NodeId, buffer.WrittenCount);
                buffer.ResetWrittenCount();
                if (buffer.Capacity > 8 * GatherBytes)
                {
                    buffer = new ArrayBufferWriter<byte>(GatherBytes); // one large entry must not keep its room for ever
                }
            }
        }
    }

    private bool Gather(ArrayBufferWriter<byte> buffer)
    {
        _taken.Clear();
        _queue.Take(_taken, GatherBytes);
        foreach (var message in _taken)
        {
            var bytes = RaftMessageFormat.BytesOf(message);
            if (bytes > _context.Options.MessageBytesMax)
            {
                RaftTransportLog.TooLarge(_context.Logger, NodeId, bytes, _context.Options.MessageBytesMax);
                _context.Metrics.Dropped(NodeId, 1);
                continue;
            }

            RaftMessageFormat.Write(message, buffer.GetSpan(bytes)[..bytes]);
            buffer.Advance(bytes);
        }

        return _taken.Count > 0;
    }
}
