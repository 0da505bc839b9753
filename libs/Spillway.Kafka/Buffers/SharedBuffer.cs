using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Buffers;

/// <summary>
/// A rented array with a reference count. It starts at one, which its renter owns; every <see cref="AddRef"/> is paid
/// back by one <see cref="Release"/>, and the last returns the array to its pool. Counting is thread-safe, the bytes are not.
/// </summary>
/// <remarks>
/// The array is pooled, this object is not: a handle that has been released stays dead for ever, so that a late use
/// throws where a pooled handle would silently name somebody else's bytes. That costs one small gen-0 object a rent.
/// A <see cref="Memory{T}"/> taken before the last release is not guarded; it is valid only while a reference is held.
/// </remarks>
public sealed class SharedBuffer : IDisposable
{
    private readonly BufferPool _pool;
    private readonly byte[] _array;
    private int _references = 1;

    internal SharedBuffer(BufferPool pool, byte[] array, int length)
    {
        _pool = pool;
        _array = array;
        Length = length;
    }

    /// <summary>The bytes asked for; the array behind may be longer.</summary>
    public int Length { get; }

    /// <summary>The bytes, exactly <see cref="Length"/> of them.</summary>
    public Memory<byte> Memory
    {
        get
        {
            ThrowIfReleased();
            return _array.AsMemory(0, Length);
        }
    }

    /// <summary>The bytes, exactly <see cref="Length"/> of them.</summary>
    public Span<byte> Span
    {
        get
        {
            ThrowIfReleased();
            return _array.AsSpan(0, Length);
        }
    }

    /// <summary>Adds an owner. Only someone who holds a reference may call it.</summary>
    public void AddRef()
    {
        // Compare and swap rather than increment: a count that reached zero must never rise again, whoever races with it.
        var seen = Volatile.Read(ref _references);
        while (true)
        {
            if (seen <= 0)
            {
                ThrowReleased();
            }

            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Gives up one reference; the last one returns the array to the pool.</summary>
    /// <exception cref="InvalidOperationException">There was no reference left to give up.</exception>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left == 0)
        {
            _pool.Return(_array);
        }
        else if (left < 0)
        {
            // Undo, so that the count stays at zero and every later misuse is reported too.
            Interlocked.Increment(ref _references);
            ThrowReleased();
        }
    }

    /// <summary>The same as <see cref="Release"/>.</summary>
    public void Dispose() => Release();

    private void ThrowIfReleased()
    {
        if (Volatile.Read(ref _references) <= 0)
        {
            ThrowReleased();
        }
    }

    [DoesNotReturn]
    private static void ThrowReleased() =>
        throw new InvalidOperationException("The buffer was already released: its bytes may belong to someone else.");
}
