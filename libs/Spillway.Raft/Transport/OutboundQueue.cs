using System.Threading.Channels;
using Spillway.Raft.Core;

namespace Spillway.Raft.Transport;

/// <summary>
/// Messages that wait for one node. The log's thread adds, the node's sender takes. Bounded: past the bound the oldest go,
/// for consensus sends again what matters, and newer messages make older ones pointless.
/// </summary>
internal sealed class OutboundQueue(long queuedBytesMax)
{
    /// <summary>While there is no connection only what is worth saying after a second is kept.</summary>
    public const int IdleMessagesMax = 64;

    /// <summary>See <see cref="IdleMessagesMax"/>.</summary>
    public const long IdleBytesMax = 4 << 20;

    private const int MessagesMax = 4096;

    private readonly Lock _lock = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // Guarded by _lock.
    private readonly Queue<(RaftMessage Message, int Bytes)> _messages = new();
    private long _bytes;
    private bool _connected;

    /// <summary>Whether somebody takes: decides how much may wait.</summary>
    public bool Connected
    {
        get
        {
            lock (_lock)
            {
                return _connected;
            }
        }

        set
        {
            lock (_lock)
            {
                _connected = value;
            }
        }
    }

    /// <summary>Queues a message.</summary>
    /// <returns>How many messages went for it.</returns>
    public int Add(RaftMessage message)
    {
        var bytes = RaftMessageFormat.BytesOf(message);
        var dropped = 0;
        lock (_lock)
        {
            _messages.Enqueue((message, bytes));
            _bytes += bytes;
            var (messagesMax, bytesMax) = _connected ? (MessagesMax, queuedBytesMax) : (IdleMessagesMax, IdleBytesMax);
            while (_messages.Count > 1 && (_messages.Count > messagesMax || _bytes > bytesMax))
            {
                _bytes -= _messages.Dequeue().Bytes;
                dropped++;
            }
        }

        _wake.Writer.TryWrite(true);
        return dropped;
    }

    /// <summary>Waits until something was added since the last wait; there may be nothing all the same.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken ct) => _wake.Reader.ReadAsync(ct);

    /// <summary>Takes what is there, up to about <paramref name="bytesMax"/> but at least one message.</summary>
    /// <returns>The bytes that the taken messages have.</returns>
    public int Take(List<RaftMessage> messages, int bytesMax)
    {
        var taken = 0;
        lock (_lock)
        {
            while (_messages.TryPeek(out var next) && (taken == 0 || taken + next.Bytes <= bytesMax))
            {
                _messages.Dequeue();
                messages.Add(next.Message);
                taken += next.Bytes;
            }

            _bytes -= taken;
        }

        return taken;
    }

    /// <summary>Forgets everything.</summary>
    /// <returns>How many messages that were.</returns>
    public int Clear()
    {
        lock (_lock)
        {
            var count = _messages.Count;
            _messages.Clear();
            _bytes = 0;
            return count;
        }
    }
}
