using System.Buffers;

namespace Spillway.Rpc;

/// <summary>One queued message of a raw call: prefix and header in a small buffer of its own, the payload where its owner has it.</summary>
internal sealed class RawMessage
{
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _payload;
    private readonly int _headBytes;
    private byte[]? _head;

    public RawMessage(ReadOnlySpan<byte> header, IReadOnlyList<ReadOnlyMemory<byte>> payload)
    {
        _payload = payload;
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

    public Task HandedOver => _handedOver.Task;

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

    public void Complete()
    {
        ReturnHead();
        _handedOver.TrySetResult();
    }

    public void Fail(Exception exception)
    {
        ReturnHead();
        _handedOver.TrySetException(exception);
        // A caller that has gone on need not look: the call itself tells of its end.
        _ = _handedOver.Task.Exception;
    }

    private void ReturnHead()
    {
        if (Interlocked.Exchange(ref _head, null) is { } head)
        {
            ArrayPool<byte>.Shared.Return(head);
        }
    }
}
