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
    /// A folder on a local disk for data blocks that were read and had to make room in memory, for example an NVMe instance store or an emptyDir.
    /// Default: none, nothing is kept on disks. Nothing depends on it but time, and the room is free again when the process ends.
    /// </summary>
    public string DiskFolder { get; init; } = "";

    /// <summary>Bytes of data blocks in <see cref="DiskFolder"/>. Default: 16 GiB; at least 64 MiB.</summary>
    public long DiskBytesMax { get; init; } = 16L << 30;

    /// <summary>
    /// Requests to the store that are under way at a time. Default: 64, which hides a store's 20 ms behind 3,000 small reads a second. Cold
    /// reads have this bound of their own, so that a backfill does not starve the rest; clients share it alike, and reading ahead takes at most
    /// half of it.
    /// </summary>
    public int ConcurrentReadsMax { get; init; } = 64;

    /// <summary>
    /// Bytes of the requests to the store that are under way at a time; reading ahead takes at most half of it. Default: 64 MiB, which keeps
    /// 2 GB/s of a store with 30 ms. One request alone may have more.
    /// </summary>
    public long InFlightBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes asked of the store in a second; 0: as many as go. Default: -1, 200 MB/s for each of the machine's cores, which leaves half of them
    /// and of the network to those who read what is new.
    /// </summary>
    public long BytesPerSecondMax { get; init; } = -1;

    /// <summary>
    /// Bytes of one request at most: data blocks that are missing next to each other are asked for together. A data block of more is asked for
    /// alone. Default: 4 MiB, eight blocks: few enough requests to pay for, and done in 50 ms.
    /// </summary>
    public long RequestBytesMax { get; init; } = 4L << 20;

    /// <summary>
    /// Second requests for what is late (by the 95th percentile of the requests of its size), in percent of all, 0 to 50; 0 makes none.
    /// Default: 5. The first answer is taken and the other request cancelled.
    /// </summary>
    public int HedgedPercentMax { get; init; } = 5;

    /// <summary>
    /// Bytes read ahead of a reader that goes through cold data in order, at most; 0 reads nothing ahead. Default: 8 MiB, a second at
    /// 8 MB/s. All readers together have a quarter of <see cref="BlockBytesMax"/>.
    /// </summary>
    public long ReadAheadBytesMax { get; init; } = 8L << 20;
}
