using System.Buffers;

namespace Spillway.Rpc;

/// <summary>One queued message of a raw call: prefix and header in a small buffer of its own, the payload where its owner has it.</summary>
internal sealed class RawMessage
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _payload;
    private readonly Action<Exception?> _handedOver;
    private readonly int _headBytes;
    private byte[]? _head;

    /// <param name="header">Copied.</param>
    /// <param name="payload">Not copied.</param>
    /// <param name="handedOver">Called once, when the payload's memory is in use no more; with the failure, if it was one.</param>
    public RawMessage(
        ReadOnlySpan<byte> header, IReadOnlyList<ReadOnlyMemory<byte>> payload, Action<Exception?> handedOver)
    {
        _payload = payload;
        _handedOver = handedOver;
        _headBytes = MessagePrefix.LengthBytes + header.Length;
        _head = ArrayPool<byte>.Shared.Rent(_headBytes);
        var messageBytes = header.Length;
        for (var i = 0; i < payload.Count; i++)
        {
            messageBytes = checked(messageBytes + payload[i].Length);
        }
        MessagePrefix.Write(_head, messageBytes);
        header.CopyTo(_head.AsSpan(MessagePrefix.LengthBytes));
    }

    public async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_head.AsMemory(0, _headBytes), cancellationToken);
        for (var i = 0; i < _payload.Count; i++)
        {
            if (_payload[i].Length > 0)
            {
                await stream.WriteAsync(_payload[i], cancellationToken);
            }
        }
    }

    public void Complete(Exception? failure = null)
    {
        if (Interlocked.Exchange(ref _head, null) is { } head)
        {
            ArrayPool<byte>.Shared.Return(head);
            _handedOver(failure);
        }
    }
}
