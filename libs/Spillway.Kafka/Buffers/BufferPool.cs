using System.Collections.Concurrent;
using System.Numerics;

namespace Spillway.Kafka.Buffers;

/// <summary>
/// Pinned byte arrays in power-of-two classes from 4 KiB to 64 MiB, handed out as <see cref="SharedBuffer"/>s.
/// Thread-safe. What lies idle is bounded in bytes; what is rented is bounded by whoever rents (P6 in the design).
/// </summary>
/// <remarks>
/// Arrays are pinned so that a file write or a socket send may take their address for as long as it runs. Their content
/// is whatever the last owner left: whoever rents writes before it reads.
/// </remarks>
public sealed class BufferPool
{
    /// <summary>The bytes of the smallest class; a shorter rent still takes this much.</summary>
    public const int ClassBytesMin = 4 << 10;

    /// <summary>The bytes of the largest class; a longer rent is allocated and left to the collector afterwards.</summary>
    public const int ClassBytesMax = 64 << 20;

    private static readonly int ClassShiftMin = BitOperations.Log2(ClassBytesMin);
    private static readonly int ClassCount = BitOperations.Log2(ClassBytesMax) - ClassShiftMin + 1;

    private readonly ConcurrentQueue<byte[]>[] _idle;
    private readonly long _retainedBytesMax;
    private long _retainedBytes;
    private long _rentedBytes;

    /// <summary>Makes an empty pool that keeps at most <paramref name="retainedBytesMax"/> idle bytes.</summary>
    public BufferPool(long retainedBytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retainedBytesMax);
        _retainedBytesMax = retainedBytesMax;
        _idle = new ConcurrentQueue<byte[]>[ClassCount];
        for (var i = 0; i < _idle.Length; i++)
        {
            _idle[i] = new ConcurrentQueue<byte[]>();
        }
    }

    /// <summary>The process's default pool; it keeps up to 256 MiB idle, a second of traffic at the rates we aim for.</summary>
    public static BufferPool Shared { get; } = new(256L << 20);

    /// <summary>Bytes of arrays now rented, whole classes counted; a leak shows as a gauge that never falls.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>Bytes of arrays that lie idle; approximate while others rent and release.</summary>
    public long RetainedBytes => Volatile.Read(ref _retainedBytes);

    /// <summary>The bytes that a rent of <paramref name="lengthBytes"/> really occupies.</summary>
    public static int CapacityFor(int lengthBytes) =>
        lengthBytes <= ClassBytesMin ? ClassBytesMin
        : lengthBytes <= ClassBytesMax ? (int)BitOperations.RoundUpToPowerOf2((uint)lengthBytes)
        : lengthBytes;

    /// <summary>Rents a buffer of exactly <paramref name="lengthBytes"/>; the caller is its one owner and releases it.</summary>
    public SharedBuffer Rent(int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        var capacity = CapacityFor(lengthBytes);
        Interlocked.Add(ref _rentedBytes, capacity);
        return new SharedBuffer(this, TakeIdle(capacity) ?? Allocate(capacity), lengthBytes);
    }

    /// <summary>Takes back an array that no reference is left to; called by <see cref="SharedBuffer"/> only.</summary>
    internal void Return(byte[] array)
    {
        Interlocked.Add(ref _rentedBytes, -array.Length);
        if (array.Length > ClassBytesMax)
        {
            return;
        }

        var returned = ClassOf(array.Length);
        if (Interlocked.Add(ref _retainedBytes, array.Length) > _retainedBytesMax && !TryMakeRoom(returned))
        {
            Interlocked.Add(ref _retainedBytes, -array.Length);
            return;
        }

        _idle[returned].Enqueue(array);
    }

    private static int ClassOf(int capacity) => BitOperations.Log2((uint)capacity) - ClassShiftMin;

    private static byte[] Allocate(int capacity) => GC.AllocateUninitializedArray<byte>(capacity, pinned: true);

    private byte[]? TakeIdle(int capacity)
    {
        if (capacity > ClassBytesMax || !_idle[ClassOf(capacity)].TryDequeue(out var array))
        {
            return null;
        }

        Interlocked.Add(ref _retainedBytes, -array.Length);
        return array;
    }

    /// <summary>
    /// At the bound the class that hoards most gives way to the one in use, so that a change of batch size does not
    /// leave the pool full of arrays that nobody asks for.
    /// </summary>
    private bool TryMakeRoom(int returned)
    {
        while (RetainedBytes > _retainedBytesMax)
        {
            var (largest, largestBytes) = (returned, 0L);
            for (var i = 0; i < _idle.Length; i++)
            {
                var idleBytes = (long)_idle[i].Count << (i + ClassShiftMin);
                if (idleBytes > largestBytes)
                {
                    (largest, largestBytes) = (i, idleBytes);
                }
            }

            if (largest == returned || !_idle[largest].TryDequeue(out var dropped))
            {
                return false;
            }

            Interlocked.Add(ref _retainedBytes, -dropped.Length);
        }

        return true;
    }
}
