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
    /// Requests to the store that are under way at a time. Default: 16. Cold reads have this bound of their own, so that a backfill does
    /// not starve the rest.
    /// </summary>
    public int ConcurrentReadsMax { get; init; } = 16;

    /// <summary>Data blocks read ahead of what a fetch needs. Default: 2, 1 MiB: the next fetch of a sequential reader finds them.</summary>
    public int ReadAheadBlockCount { get; init; } = 2;
}
