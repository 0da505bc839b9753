using Spillway.Storage.Objects;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.S3;

namespace Spillway.Tool.Wal;

/// <summary>A segment whose blocks are objects.</summary>
internal sealed class ObjectSegment : ISegmentSource
{
    private readonly IObjectStore _store;
    private readonly string _path;
    private readonly S3SegmentWalker _walker;
    private readonly SortedDictionary<int, long> _sizes;

    private ObjectSegment(IObjectStore store, string path, S3SegmentWalker walker, SortedDictionary<int, long> sizes)
    {
        _store = store;
        _path = path;
        _walker = walker;
        _sizes = sizes;
    }

    public WalSegmentHeader Header => _walker.Header;

    public long SizeBytes => _sizes.Values.Sum();

    public static async Task<ObjectSegment> OpenAsync(IObjectStore store, string path, CancellationToken cancellationToken)
    {
        var walker = await S3SegmentWalker.OpenAsync(store, path, cancellationToken);
        var sizes = new SortedDictionary<int, long>();
        await foreach (var found in store.ListAsync(S3SegmentKeys.PrefixOf(path), cancellationToken))
        {
            if (S3SegmentKeys.TryParse(path, found.Key, out var number))
            {
                sizes[number] = found.SizeBytes;
            }
        }

        return new ObjectSegment(store, path, walker, sizes);
    }

    public IAsyncEnumerable<WalSegmentBlock> WalkAsync(CancellationToken cancellationToken) => _walker.WalkAsync(cancellationToken);

    public async Task<ReadOnlyMemory<byte>> ReadPayloadAsync(WalSegmentBlock block, CancellationToken cancellationToken)
    {
        var at = S3BlockPosition.Of(block.Header.PayloadPosition);
        var payload = new byte[Math.Clamp(_sizes[at.Number] - at.Byte, 0, block.Header.PayloadBytes)];
        await _store.ReadRangeAsync(S3SegmentKeys.BlockOf(_path, at.Number), at.Byte, payload, cancellationToken);
        return payload;
    }

    public IReadOnlyList<SegmentGap> FindGaps(IReadOnlyList<WalSegmentBlock> blocks)
    {
        var intact = blocks.Select(b => S3BlockPosition.Of(b.Header.Position).Number).ToHashSet();
        var last = _sizes.Count > 0 ? _sizes.Keys.Max() : 0;
        List<SegmentGap> gaps = [];
        for (var number = 1; number <= last; number++)
        {
            if (!intact.Contains(number))
            {
                gaps.Add(_sizes.TryGetValue(number, out var sizeBytes)
                    ? new SegmentGap(new S3BlockPosition(number, 0).ToPosition(), sizeBytes, $"object {number} is no intact block of this segment")
                    : new SegmentGap(new S3BlockPosition(number, 0).ToPosition(), 0, null));
            }
        }

        return gaps;
    }

    public void Dispose() => (_store as IDisposable)?.Dispose();
}
