namespace Spillway.Storage.Caching;

/// <summary>Bounds of what a process keeps of objects in memory.</summary>
public sealed class ObjectCacheOptions
{
    /// <summary>The configuration section they are bound from.</summary>
    public const string Section = "Spillway:ObjectCache";

    /// <summary>Bytes of data blocks. Default: 256 MiB, about 500 blocks: read-ahead of a hundred cold consumers.</summary>
    public long BlockBytesMax { get; init; } = 256L << 20;

    /// <summary>Bytes of object indexes. Default: 64 MiB, a million data blocks or half a terabyte of objects.</summary>
    public long IndexBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Requests to the store that are under way at a time. Default: 64, which hides a store's 20 ms behind 3,000 small reads a second. Cold
    /// reads have this bound of their own, so that a backfill does not starve the rest; reading ahead takes at most half of it.
    /// </summary>
    public int ConcurrentReadsMax { get; init; } = 64;

    /// <summary>
    /// Bytes read ahead of a reader that goes through cold data in order, at most; 0 reads nothing ahead. Default: 8 MiB, a second at
    /// 8 MB/s. All readers together have a quarter of <see cref="BlockBytesMax"/>.
    /// </summary>
    public long ReadAheadBytesMax { get; init; } = 8L << 20;
}
