using System.Net.Sockets;

namespace Spillway.Raft.Transport;

/// <summary>
/// Reads one node's messages off its connection, and shows it in the other direction that this side lives. The first thing
/// that is not a sound message from that node ends the connection.
/// </summary>
internal sealed class InboundMessages(
    TransportContext context, IRaftReceiver receiver, RaftConnection connection, ulong from)
{
    private const int BufferBytes = 64 << 10;

    private static readonly byte[] Beat = [1];

    private byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    /// <summary>Reads until the connection ends, for whatever reason.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var beats = BeatAsync(ended.Token);
        try
        {
            await ReadAsync(ended.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            if (e is RaftConnectException)
            {
                RaftTransportLog.Closed(context.Logger, from, connection.RemoteEndPoint, e.Message);
            }
        }

        connection.Abort();
        await ended.CancelAsync().ConfigureAwait(false);
        await beats.ConfigureAwait(false);
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        while (true)
        {
            MakeRoom();
            var read = await connection.Stream.ReadAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            _end += read;
            context.Metrics.Received(from, read);
            while (TryTakeFrame(out var frame))
            {
                Receive(frame.Span);
            }
        }
    }

    /// <summary>What is read goes to the front; a frame that does not fit gets room as it comes, not as it promises.</summary>
    private void MakeRoom()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
            if (_buffer.Length > 32 * BufferBytes)
            {
                _buffer = new byte[BufferBytes]; // one large entry must not keep its room for ever
            }
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        var unread = _buffer.AsSpan(_start, _end - _start);
        if (_start > _buffer.Length / 2)
        {
            unread.CopyTo(_buffer);
        }
        else
        {
            var larger = new byte[_buffer.Length * 2];
            unread.CopyTo(larger);
            _buffer = larger;
        }

        (_start, _end) = (0, unread.Length);
    }

    private bool TryTakeFrame(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        var unread = _buffer.AsMemory(_start, _end - _start);
        if (unread.Length < RaftMessageFormat.LengthBytes)
        {
            return false;
        }

        if (!RaftMessageFormat.TryReadLength(unread.Span, context.Options.MessageBytesMax, out var bytes))
        {
            throw new RaftConnectException($"it sent a message of {bytes} bytes");
        }

        if (unread.Length < bytes)
        {
            return false;
        }

        frame = unread[..bytes];
        _start += bytes;
        return true;
    }

    private void Receive(ReadOnlySpan<byte> frame)
    {
        var message = RaftMessageFormat.Read(frame, out var reason)
            ?? throw new RaftConnectException($"it sent a message that cannot be: {reason}");
        if (message.From != from || message.To != context.NodeId)
        {
            throw new RaftConnectException($"it sent a message from node {message.From} to node {message.To}");
        }

        receiver.Receive(message);
    }

    private async Task BeatAsync(CancellationToken ct)
    {
        try
        {
            using var timer = new PeriodicTimer(context.Options.BeatInterval, context.Time);
            while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false))
            {
                await connection.Stream.WriteAsync(Beat, ct).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            connection.Abort(); // the reading side ends with it
        }
    }
}
