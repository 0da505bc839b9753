using System.Buffers;
using System.Buffers.Binary;
using Spillway.Kafka.Buffers;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// Cuts a connection's bytes into frames (an int32 length, then that many bytes). The bytes are copied once, from the
/// transport's blocks to a pooled buffer, as they arrive: the pipe never holds a whole frame. It never waits; who reads does.
/// </summary>
internal sealed class FrameReader(BufferPool pool, ByteBudget budget, int frameBytesMax)
{
    // A request header's fixed part: api key, api version, correlation id.
    private const int FrameBytesMin = 8;

    // A length is only a claim: past this size the buffer grows with what really arrives.
    private const int TrustedBytes = 1 << 20;

    private SharedBuffer? _frame;
    private int _filledBytes;
    private bool _hasBudget;

    /// <summary>Of the frame being read; 0 between frames.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>Takes what it can of <paramref name="bytes"/>. Throws <see cref="FrameException"/> for a length that cannot be.</summary>
    public FrameStep Take(ref ReadOnlySequence<byte> bytes)
    {
        if (LengthBytes == 0)
        {
            if (bytes.Length < sizeof(int))
            {
                return FrameStep.NeedsBytes;
            }

            LengthBytes = ParseLength(bytes);
            bytes = bytes.Slice(sizeof(int));
        }

        if (!_hasBudget && !budget.TryAcquire(LengthBytes))
        {
            return FrameStep.NeedsBudget;
        }

        _hasBudget = true;
        return Fill(ref bytes) ? FrameStep.HasFrame : FrameStep.NeedsBytes;
    }

    /// <summary>The budget for <see cref="LengthBytes"/> was drawn by the caller.</summary>
    public void Admit() => _hasBudget = true;

    /// <summary>Hands the whole frame over, with what was drawn from the budget for it.</summary>
    public SharedBuffer TakeFrame()
    {
        var frame = _frame!;
        _frame = null;
        (LengthBytes, _filledBytes, _hasBudget) = (0, 0, false);
        return frame;
    }

    /// <summary>The stream is at its end: gives back what an unfinished frame holds.</summary>
    public void Abandon()
    {
        if (_hasBudget)
        {
            budget.Release(LengthBytes);
        }

        _frame?.Release();
        _frame = null;
        (LengthBytes, _filledBytes, _hasBudget) = (0, 0, false);
    }

    /// <summary>Throws <see cref="FrameException"/> if the stream may not end here.</summary>
    public void CheckEnd(long leftBytes)
    {
        if (LengthBytes != 0)
        {
            throw new FrameException($"the stream ended after {_filledBytes} of a frame's {LengthBytes} bytes");
        }

        if (leftBytes != 0)
        {
            throw new FrameException("the stream ended inside a frame's length");
        }
    }

    private int ParseLength(ReadOnlySequence<byte> bytes)
    {
        Span<byte> prefix = stackalloc byte[sizeof(int)];
        bytes.Slice(0, sizeof(int)).CopyTo(prefix);
        var length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        return length >= FrameBytesMin && length <= frameBytesMax
            ? length
            : throw new FrameException($"a frame of {length} bytes; {FrameBytesMin} to {frameBytesMax} are taken");
    }

    private bool Fill(ref ReadOnlySequence<byte> bytes)
    {
        var take = (int)Math.Min(bytes.Length, LengthBytes - _filledBytes);
        EnsureRoom(_filledBytes + take);
        bytes.Slice(0, take).CopyTo(_frame!.Span[_filledBytes..]);
        bytes = bytes.Slice(take);
        _filledBytes += take;
        return _filledBytes == LengthBytes;
    }

    private void EnsureRoom(int neededBytes)
    {
        if (_frame is not null && neededBytes <= _frame.Length)
        {
            return;
        }

        var wantedBytes = Math.Max(neededBytes, _frame is null ? TrustedBytes : _frame.Length * 4L);
        var larger = pool.Rent((int)Math.Min(LengthBytes, wantedBytes));
        if (_frame is not null)
        {
            _frame.Span[.._filledBytes].CopyTo(larger.Span);
            _frame.Release();
        }

        _frame = larger;
    }
}
