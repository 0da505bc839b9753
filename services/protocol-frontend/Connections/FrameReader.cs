using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Spillway.Kafka.Buffers;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// Cuts a connection's bytes into frames (an int32 length, then that many bytes). The bytes are copied once, from the
/// transport's blocks to a pooled buffer, as they arrive: the pipe never holds a whole frame.
/// </summary>
internal sealed class FrameReader(PipeReader input, BufferPool pool, ByteBudget budget, int frameBytesMax)
{
    // A request header's fixed part: api key, api version, correlation id.
    private const int FrameBytesMin = 8;

    // A length is only a claim: past this size the buffer grows with what really arrives.
    private const int TrustedBytes = 1 << 20;

    /// <summary>
    /// The next frame, its bytes drawn from the budget; null at the end of the stream, or when reading was cancelled between
    /// frames (<see cref="PipeReader.CancelPendingRead"/>). Throws <see cref="FrameException"/>.
    /// </summary>
    public async ValueTask<SharedBuffer?> ReadAsync(CancellationToken cancellationToken)
    {
        var lengthBytes = await ReadLengthAsync(cancellationToken).ConfigureAwait(false);
        if (lengthBytes is null)
        {
            return null;
        }

        await budget.AcquireAsync(lengthBytes.Value, cancellationToken).ConfigureAwait(false);
        var frame = pool.Rent(Math.Min(lengthBytes.Value, TrustedBytes));
        try
        {
            return await FillAsync(frame, lengthBytes.Value, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            budget.Release(lengthBytes.Value);
            throw;
        }
    }

    private async ValueTask<int?> ReadLengthAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (buffer.Length >= sizeof(int))
            {
                var length = ParseLength(buffer);
                input.AdvanceTo(buffer.GetPosition(sizeof(int)));
                return length >= FrameBytesMin && length <= frameBytesMax
                    ? length
                    : throw new FrameException($"a frame of {length} bytes; {FrameBytesMin} to {frameBytesMax} are taken");
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted && !buffer.IsEmpty)
            {
                throw new FrameException("the stream ended inside a frame's length");
            }

            if (result.IsCompleted || (result.IsCanceled && buffer.IsEmpty))
            {
                return null;
            }
        }
    }

    private static int ParseLength(ReadOnlySequence<byte> buffer)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        buffer.Slice(0, sizeof(int)).CopyTo(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    private async ValueTask<SharedBuffer> FillAsync(SharedBuffer frame, int lengthBytes, CancellationToken cancellationToken)
    {
        var filled = 0;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
                var buffer = result.Buffer;
                var take = (int)Math.Min(buffer.Length, lengthBytes - filled);
                frame = EnsureRoom(frame, filled, filled + take, lengthBytes);
                buffer.Slice(0, take).CopyTo(frame.Span[filled..]);
                filled += take;
                input.AdvanceTo(buffer.GetPosition(take));
                if (filled == lengthBytes)
                {
                    return frame;
                }

                if (result.IsCompleted)
                {
                    throw new FrameException($"the stream ended after {filled} of a frame's {lengthBytes} bytes");
                }
            }
        }
        catch
        {
            frame.Release();
            throw;
        }
    }

    private SharedBuffer EnsureRoom(SharedBuffer frame, int filled, int needed, int lengthBytes)
    {
        if (needed <= frame.Length)
        {
            return frame;
        }

        var larger = pool.Rent((int)Math.Min(lengthBytes, Math.Max(needed, frame.Length * 4L)));
        frame.Span[..filled].CopyTo(larger.Span);
        frame.Release();
        return larger;
    }
}
