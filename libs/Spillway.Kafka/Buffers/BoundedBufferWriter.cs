using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Buffers;

/// <summary>
/// A growing buffer on pooled arrays that refuses to pass a limit: what a codec writes into, so that a few hostile bytes
/// cannot become gigabytes. One owner, not thread-safe; disposing returns the array.
/// </summary>
public sealed class BoundedBufferWriter : IBufferWriter<byte>, IDisposable
{
    private readonly BufferPool _pool;
    private SharedBuffer? _buffer;
    private int _writtenBytes;

    /// <summary>Makes an empty writer that takes at most <paramref name="bytesMax"/> bytes.</summary>
    public BoundedBufferWriter(BufferPool pool, int bytesMax)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesMax);
        _pool = pool;
        BytesMax = bytesMax;
    }

    /// <summary>The limit.</summary>
    public int BytesMax { get; }

    /// <summary>How much was written.</summary>
    public int WrittenBytes => _writtenBytes;

    /// <summary>What was written; valid until the next write or the disposal.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _buffer is null ? default : _buffer.Span[.._writtenBytes];

    /// <summary>What was written; valid until the next write or the disposal.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer is null ? default : _buffer.Memory[.._writtenBytes];

    /// <summary>Gives room for at least one byte and <paramref name="hintBytes"/> if the limit allows; false at the limit.</summary>
    public bool TryGetRoom(int hintBytes, out Span<byte> room)
    {
        var leftBytes = BytesMax - _writtenBytes;
        if (leftBytes == 0)
        {
            room = default;
            return false;
        }

        EnsureRoom(Math.Clamp(hintBytes, 1, leftBytes));
        room = _buffer.Span[_writtenBytes..];
        return true;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, (_buffer?.Length ?? 0) - _writtenBytes);
        _writtenBytes += count;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The limit does not allow as much.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(Math.Max(1, sizeHint));
        return _buffer.Memory[_writtenBytes..];
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The limit does not allow as much.</exception>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(Math.Max(1, sizeHint));
        return _buffer.Span[_writtenBytes..];
    }

    /// <summary>Forgets what was written and keeps the array.</summary>
    public void Clear() => _writtenBytes = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer?.Release();
        _buffer = null;
        _writtenBytes = 0;
    }

    [MemberNotNull(nameof(_buffer))]
    private void EnsureRoom(int bytes)
    {
        if (_buffer is not null && _buffer.Length - _writtenBytes >= bytes)
        {
            return;
        }

        if (bytes > BytesMax - _writtenBytes)
        {
            throw new InvalidOperationException($"{BytesMax} bytes are the limit of this buffer.");
        }

        // Doubling bounds the copying; the whole class of the pool is used, but never more than the limit.
        var wantedBytes = Math.Max(_writtenBytes + bytes, (int)Math.Min(2L * _writtenBytes, BytesMax));
        var grown = _pool.Rent(Math.Min(BufferPool.CapacityFor(wantedBytes), BytesMax));
        WrittenSpan.CopyTo(grown.Span);
        _buffer?.Release();
        _buffer = grown;
    }
}
