using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Compacting;

/// <summary>
/// Reads index entries out of objects for one job, some data blocks at a time, verified. Log compaction takes what is not there for
/// removed, so an entry that is not wholly there is corrupt. One owner.
/// </summary>
internal sealed class EntryBytes(IObjectStore store, BufferPool buffers, Job job, IoBudget budget)
{
    /// <summary>Bytes of a request: enough to keep it busy, little beside what the job holds anyway.</summary>
    private const int PieceBytesMax = 4 << 20;

    private readonly ObjectReader _reader = new(store, buffers);
    private readonly Dictionary<long, string> _keys = job.Containers.ToDictionary(static c => c.ContainerId, static c => c.Path);
    private readonly Dictionary<long, ObjectIndex> _indexes = [];

    /// <summary>Gives the entry's batches in order, whole ones at a time, until <paramref name="take"/> wants no more.</summary>
    /// <exception cref="ObjectStoreException">The object cannot be read, or does not hold the entry.</exception>
    public async Task ReadAsync(LogId logId, IndexEntry entry, BatchesTaker take, CancellationToken cancellationToken)
    {
        if (!_keys.TryGetValue(entry.ContainerId, out var key))
        {
            throw new ObjectNotFoundException($"{entry.ContainerId}", $"The job does not say where object {entry.ContainerId} is.");
        }

        if (!_indexes.TryGetValue(entry.ContainerId, out var index))
        {
            _indexes[entry.ContainerId] = index = await _reader.ReadIndexAsync(key, cancellationToken);
        }

        var blocks = BlocksOf(key, logId, entry, index);
        for (var first = 0; first < blocks.Count;)
        {
            var end = first + 1;
            while (end < blocks.Count && blocks[end].Position + blocks[end].SizeBytes - blocks[first].Position <= PieceBytesMax)
            {
                end++;
            }

            if (!await ReadPieceAsync(key, blocks.GetRange(first, end - first), take, cancellationToken))
            {
                return;
            }

            first = end;
        }
    }

    private static List<DataBlockEntry> BlocksOf(string key, LogId logId, IndexEntry entry, ObjectIndex index)
    {
        List<DataBlockEntry> blocks = [];
        var (position, end) = (entry.Position, entry.Position + entry.Length);
        var nextOffset = entry.BaseOffset;
        for (var i = index.FindBlock(logId, entry.BaseOffset); i >= 0 && i < index.Entries.Length && position < end; i++)
        {
            var block = index.Entries[i];
            if (block.LogId != logId || block.Position != position || block.BaseOffset < nextOffset)
            {
                break;
            }

            blocks.Add(block);
            (position, nextOffset) = (position + block.SizeBytes, block.LastOffset + 1);
        }

        return position == end && nextOffset == entry.LastOffset + 1
            ? blocks
            : throw new ObjectCorruptException(
                key, $"Object '{key}' does not hold {logId} from offset {entry.BaseOffset} to {entry.LastOffset} where the index says.");
    }

    private async Task<bool> ReadPieceAsync(
        string key, List<DataBlockEntry> blocks, BatchesTaker take, CancellationToken cancellationToken)
    {
        var lengthBytes = (int)(blocks[^1].Position + blocks[^1].SizeBytes - blocks[0].Position);
        await budget.SpendAsync(lengthBytes, cancellationToken);
        using var buffer = buffers.Rent(lengthBytes);
        for (var attempt = 0; ; attempt++)
        {
            await store.ReadRangeAsync(key, blocks[0].Position, buffer.Memory[..lengthBytes], cancellationToken);
            if (AreWhole(blocks, buffer.Span))
            {
                return take(buffer.Span[..lengthBytes]);
            }

            if (attempt > 0)
            {
                throw new ObjectCorruptException(key, $"Object '{key}' has a wrong checksum at {blocks[0].Position} or behind.");
            }
        }
    }

    private static bool AreWhole(List<DataBlockEntry> blocks, ReadOnlySpan<byte> bytes)
    {
        foreach (var block in blocks)
        {
            if (Crc32C.Compute(bytes.Slice((int)(block.Position - blocks[0].Position), (int)block.SizeBytes)) != block.Crc32C)
            {
                return false;
            }
        }

        return true;
    }
}
