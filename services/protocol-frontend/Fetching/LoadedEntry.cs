using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Caching;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Batches of one index entry, or of neighbours that are markers, in memory, verified, their offsets in place. One owner, until they are
/// added to what was read.
/// </summary>
internal sealed class LoadedEntry : IDisposable
{
    private readonly FetchedBatches? _fetched;
    private readonly SharedBuffer? _buffer;
    private bool _isTaken;

    private LoadedEntry(IndexEntry last, long limitBytes, ReadSource source, FetchedBatches? fetched, SharedBuffer? buffer)
    {
        (LastOffset, LimitBytes, Source, _fetched, _buffer) = (last.LastOffset, limitBytes, source, fetched, buffer);
    }

    /// <summary>Where the entry ends, inclusive.</summary>
    public long LastOffset { get; }

    /// <summary>What was loaded at most; past it the entry may have more.</summary>
    public long LimitBytes { get; }

    public ReadSource Source { get; }

    /// <summary>A whole entry, in a buffer that is taken over.</summary>
    public static LoadedEntry OfWal(IndexEntry entry, SharedBuffer buffer) => new(entry, long.MaxValue, ReadSource.Wal, null, buffer);

    /// <summary>Markers up to the last one, in a buffer that is taken over.</summary>
    public static LoadedEntry OfMarkers(IndexEntry last, SharedBuffer buffer) => new(last, long.MaxValue, ReadSource.Index, null, buffer);

    public static LoadedEntry OfObject(IndexEntry entry, long limitBytes, FetchedBatches fetched) =>
        new(entry, limitBytes, ReadSource.Object, fetched, null);

    /// <summary>
    /// Adds what lies at or above <paramref name="offset"/>, begins below <paramref name="endOffset"/> and fits; returns the offset after the
    /// last batch added, or the same.
    /// </summary>
    public long AddTo(PartitionReadState read, long offset, long endOffset)
    {
        if (_fetched is null)
        {
            return AddBuffer(read, offset, endOffset);
        }

        _isTaken = true;
        return read.Add(_fetched, offset, endOffset);
    }

    public void Dispose()
    {
        _buffer?.Release();
        if (!_isTaken)
        {
            _fetched?.Dispose();
        }
    }

    private long AddBuffer(PartitionReadState read, long offset, long endOffset)
    {
        ReadOnlyMemory<byte> rest = _buffer!.Memory;
        while (RecordBatchHeader.TryRead(rest.Span, out var header) && header.BaseOffset < endOffset)
        {
            var batch = rest[..(int)header.TotalLength];
            if (header.LastOffset >= offset)
            {
                if (!read.TryAdd(batch, _buffer))
                {
                    return offset;
                }

                offset = header.NextOffset;
            }

            rest = rest[batch.Length..];
        }

        return offset;
    }
}
