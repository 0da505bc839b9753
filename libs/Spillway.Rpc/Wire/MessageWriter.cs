using System.Buffers;
using System.IO.Pipelines;

namespace Spillway.Rpc;

/// <summary>Writes messages with their prefix; the caller flushes, or <see cref="WriteAllAsync"/> does.</summary>
internal static class MessageWriter
{
    // A stream that never runs dry is flushed at least this often, so that it feels the other side's back-pressure.
    private const int UnflushedBytesMax = 64 << 10;

    /// <summary>Writes one message; returns how many bytes went out.</summary>
    public static int Write<T>(IBufferWriter<byte> output, IRpcMarshaller<T> marshaller, T message)
    {
        var lengthBytes = marshaller.GetLengthBytes(message);
        MessagePrefix.Write(output.GetSpan(MessagePrefix.LengthBytes), lengthBytes);
        output.Advance(MessagePrefix.LengthBytes);
        marshaller.Write(message, output);
        return MessagePrefix.LengthBytes + lengthBytes;
    }

    /// <summary>
    /// Writes messages as they come, flushing where the next one is not there yet. What was given before a failure is
    /// flushed before the failure is passed on: messages precede the status.
    /// </summary>
    public static async Task WriteAllAsync<T>(
        IAsyncEnumerable<T> messages, PipeWriter output, IRpcMarshaller<T> marshaller, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var source = messages.GetAsyncEnumerator(stop.Token);
        var unflushedBytes = 0;
        while (true)
        {
            var next = source.MoveNextAsync();
            bool hasNext;
            if (next.IsCompleted && unflushedBytes < UnflushedBytesMax)
            {
                hasNext = await FlushIfFailedAsync(next, output, unflushedBytes, cancellationToken);
            }
            else
            {
                // An enumerator must not be disposed while it is moving, so the failure of a flush waits for it.
                var moving = next.AsTask();
                try
                {
                    await FlushAsync(output, cancellationToken);
                    unflushedBytes = 0;
                }
                catch
                {
                    await stop.CancelAsync();
                    await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw;
                }
                hasNext = await moving;
            }
            if (!hasNext)
            {
                break;
            }
            unflushedBytes += Write(output, marshaller, source.Current);
        }
        if (unflushedBytes > 0)
        {
            await FlushAsync(output, cancellationToken);
        }
    }

    private static async ValueTask<bool> FlushIfFailedAsync(
        ValueTask<bool> completed, PipeWriter output, int unflushedBytes, CancellationToken cancellationToken)
    {
        try
        {
            return await completed;
        }
        catch when (unflushedBytes > 0)
        {
            await FlushAsync(output, cancellationToken);
            throw;
        }
    }

    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        var result = await output.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new OperationCanceledException("The other side reads no more.");
        }
    }
}
