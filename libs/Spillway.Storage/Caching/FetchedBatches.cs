using Spillway.Kafka.Buffers;

namespace Spillway.Storage.Caching;

/// <summary>
/// Whole, verified record batches of one log, in offset order, in memory that is held until this is disposed. One owner.
/// </summary>
public sealed class FetchedBatches : IDisposable
{
    private readonly List<SharedBuffer> _buffers = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];

    internal FetchedBatches(long offset) => NextOffset = offset;

    /// <summary>The bytes, each piece whole batches.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces => _pieces;

    /// <summary>Bytes in all.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>The offset after the last batch: where the next read goes on. The offset asked for where there are no batches.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (var buffer in _buffers)
        {
            buffer.Release();
        }

        _buffers.Clear();
        _pieces.Clear();
        LengthBytes = 0;
    }

    /// <summary>Takes over the caller's reference.</summary>
    internal void Add(SharedBuffer taken, int start, int lengthBytes, long nextOffset)
    {
        _buffers.Add(taken);
        _pieces.Add(taken.Memory.Slice(start, lengthBytes));
        LengthBytes += lengthBytes;
        NextOffset = nextOffset;
    }
}
