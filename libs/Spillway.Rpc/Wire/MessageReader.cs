using System.Buffers;
using System.IO.Pipelines;

namespace Spillway.Rpc;

/// <summary>
/// Reads the whole messages of one direction of a call, one at a time. A message's bytes stay in the pipe until the next call:
/// <see cref="Current"/> is valid until then. One reader at a time.
/// </summary>
internal sealed class MessageReader(PipeReader input, int messageBytesMax, string? encoding)
{
    private SequencePosition _currentEnd;
    private bool _holdsMessage;

    public ReadOnlySequence<byte> Current { get; private set; }

    /// <summary>False at the end of the stream.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (_holdsMessage)
        {
            _holdsMessage = false;
            Current = default;
            input.AdvanceTo(_currentEnd);
        }
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(buffer, out var message))
            {
                Current = message;
                _currentEnd = message.End;
                _holdsMessage = true;
                return true;
            }
            if (result.IsCompleted)
            {
                var isEmpty = buffer.IsEmpty;
                input.AdvanceTo(buffer.End);
                return isEmpty
                    ? false
                    : throw new RpcException(RpcStatusCode.Internal, "The stream ended inside a message.");
            }
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private bool TryRead(in ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> message)
    {
        if (MessagePrefix.TryRead(buffer, messageBytesMax, encoding, out var lengthBytes)
            && buffer.Length - MessagePrefix.LengthBytes >= lengthBytes)
        {
            message = buffer.Slice(MessagePrefix.LengthBytes, lengthBytes);
            return true;
        }
        message = default;
        return false;
    }
}
