using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>Neighbouring data blocks of an object that are read by one request, and the cache's entries that wait for them. One owner.</summary>
internal sealed class BlockRun(string key, ReadTurn turn)
{
    private readonly List<DataBlockEntry> _blocks = [];
    private readonly List<CacheEntry<BlockKey, SharedBuffer>> _loads = [];

    public string Key { get; } = key;

    public ReadTurn Turn { get; } = turn;

    public IReadOnlyList<DataBlockEntry> Blocks => _blocks;

    public IReadOnlyList<CacheEntry<BlockKey, SharedBuffer>> Loads => _loads;

    public long LengthBytes { get; private set; }

    /// <summary>Whether the block begins where the run ends, and the request stays within a bound with it.</summary>
    public bool Fits(in DataBlockEntry block, long bytesMax) =>
        _blocks.Count == 0
        || (_blocks[^1].Position + _blocks[^1].SizeBytes == block.Position && LengthBytes + block.SizeBytes <= bytesMax);

    public void Add(in DataBlockEntry block, CacheEntry<BlockKey, SharedBuffer> load)
    {
        _blocks.Add(block);
        _loads.Add(load);
        LengthBytes += block.SizeBytes;
    }
}
