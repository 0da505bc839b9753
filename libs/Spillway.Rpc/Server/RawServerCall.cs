using System.Buffers;
using System.IO.Pipelines;

namespace Spillway.Rpc;

/// <summary>
/// The server's side of a raw duplex call. One reader and one writer at a time; the two are independent.
/// A message is read in two steps, its length and then its bytes, so that the caller rents one buffer of the right size and the
/// bytes are copied into it as they arrive; the pipe never holds a whole message.
/// </summary>
public sealed class RawServerCall
{
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly int _messageBytesMax;
    private readonly string? _encoding;
    private int _remainingBytes;

    internal RawServerCall(RpcServerContext context, int messageBytesMax)
    {
        Context = context;
        _input = context.Http.Request.BodyReader;
        _output = context.Http.Response.BodyWriter;
        _messageBytesMax = messageBytesMax;
        _encoding = context.Http.Request.Headers[GrpcHeaders.Encoding];
    }

    /// <summary>The call's own context.</summary>
    public RpcServerContext Context { get; }

    /// <summary>
    /// The length in bytes of the next message, checked against the limit; -1 at the end of the stream. The message must
    /// then be read with <see cref="ReadMessageAsync"/>.
    /// </summary>
    public async ValueTask<int> ReadLengthAsync(CancellationToken cancellationToken)
    {
        if (_remainingBytes != 0)
        {
            throw new InvalidOperationException("The previous message was not read.");
        }
        while (true)
        {
            var result = await _input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (MessagePrefix.TryRead(buffer, _messageBytesMax, _encoding, out var lengthBytes))
            {
                _input.AdvanceTo(buffer.GetPosition(MessagePrefix.LengthBytes));
                _remainingBytes = lengthBytes;
                return lengthBytes;
            }
            if (result.IsCompleted)
            {
                var isEmpty = buffer.IsEmpty;
                _input.AdvanceTo(buffer.End);
                return isEmpty ? -1 : throw EndedInside();
            }
            _input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Fills <paramref name="destination"/>, whose length is the message's, with the message.</summary>
    public async ValueTask ReadMessageAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (destination.Length != _remainingBytes)
        {
            throw new ArgumentException("The destination is not as long as the message.", nameof(destination));
        }
        while (_remainingBytes > 0)
        {
            var result = await _input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var take = (int)Math.Min(buffer.Length, _remainingBytes);
            buffer.Slice(0, take).CopyTo(destination.Span[^_remainingBytes..]);
            _remainingBytes -= take;
            // Examined is what was taken: more that is here already must not make the next read wait.
            _input.AdvanceTo(buffer.GetPosition(take));
            if (result.IsCompleted && take == 0)
            {
                throw EndedInside();
            }
        }
    }

    /// <summary>
    /// Room for one response of exactly that many bytes, its prefix written before it. Fill it, then call
    /// <see cref="Commit"/>; nothing is sent before <see cref="FlushAsync"/>.
    /// </summary>
    public Span<byte> Reserve(int messageBytes)
    {
        var span = _output.GetSpan(MessagePrefix.LengthBytes + messageBytes);
        MessagePrefix.Write(span, messageBytes);
        return span.Slice(MessagePrefix.LengthBytes, messageBytes);
    }

    /// <summary>Queues what the last <see cref="Reserve"/> gave.</summary>
    public void Commit(int messageBytes) => _output.Advance(MessagePrefix.LengthBytes + messageBytes);

    /// <summary>Queues a response that is encoded already.</summary>
    public void Write(ReadOnlySpan<byte> message)
    {
        Span<byte> prefix = stackalloc byte[MessagePrefix.LengthBytes];
        MessagePrefix.Write(prefix, message.Length);
        _output.Write(prefix);
        _output.Write(message);
    }

    /// <summary>Sends what is queued; waits while the caller does not take it.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var result = await _output.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new OperationCanceledException("The other side reads no more.");
        }
    }

    private static RpcException EndedInside() => new(RpcStatusCode.Internal, "The stream ended inside a message.");
}
