using System.Net;
using Spillway.ServiceDefaults.Configuration;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter;

/// <summary>What an operator may say to a WAL writer.</summary>
internal sealed class WalWriterOptions
{
    /// <summary>The section these values are bound from.</summary>
    public const string Section = "Spillway:WalWriter";

    /// <summary>
    /// The writer's name, stable across restarts and unique among writers: a second process under it fences the first.
    /// Default: the machine's name, which Kubernetes makes the pod's.
    /// </summary>
    public string Name { get; init; } = Environment.MachineName;

    /// <summary>The availability zone; default <c>local</c> for machines that have none.</summary>
    public string Zone { get; init; } = "local";

    /// <summary>Where frontends reach this writer, for example <c>http://10.0.1.7:7200</c>; empty (default) only within its process.</summary>
    public string AdvertisedAddress { get; init; } = "";

    /// <summary>The IP address that appends are served on when the writer runs as a process; default 127.0.0.1.</summary>
    public string RpcAddress { get; init; } = "127.0.0.1";

    /// <summary>The TCP port of it, 0 for any free one; default 7200.</summary>
    public int RpcPort { get; init; } = 7200;

    /// <summary>
    /// The volumes segments are opened on: the first one's lanes first, the next in turn when its segment is full. At least one Active.
    /// </summary>
    public IList<WriterVolumeOptions> Volumes { get; init; } = [];

    /// <summary>The size of a segment's file in bytes; default 256 MiB: seconds of traffic at full rate, so that drains come often.</summary>
    public long SegmentBytes { get; init; } = 256L << 20;

    /// <summary>
    /// How old a segment with data gets before it is sealed, so that its bytes can be drained to the object store;
    /// default one minute, the freshness of S3 that a slow cluster has.
    /// </summary>
    public TimeSpan RollInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Payload bytes of a block; default 8 MiB: past it a longer write gains nothing and delays its first batch.</summary>
    public int BlockBytesMax { get; init; } = 8 << 20;

    /// <summary>Batches of a block; default 500, well under the 1,024 parts that one gathered write takes.</summary>
    public int BlockBatchesMax { get; init; } = 500;

    /// <summary>Blocks written and flushed at the same time; default 2: 20 to 45 % more MB/s than one, more only lengthens each flush.</summary>
    public int FlushThreads { get; init; } = 2;

    /// <summary>
    /// Bytes of appends between acceptance and answer; default 128 MiB: half a second at the highest rate, and the memory
    /// a writer may take.
    /// </summary>
    public long InFlightBytesMax { get; init; } = 128L << 20;

    /// <summary>
    /// Memory of committed blocks that is kept until drains have read them, so that they need not read the volume, and for readers that cannot
    /// see them there. -1 (default): three segments, but no more than an eighth of the memory that the process may take, and at least 64 MiB;
    /// 0 keeps none; at most 64 GiB.
    /// </summary>
    public long RecentBytesMax { get; init; } = -1;

    /// <summary>What is different on volumes of kind S3.</summary>
    public S3WriterOptions S3 { get; init; } = new();

    /// <summary>How a block is made durable; default fdatasync. Measure Dsync on the real volume.</summary>
    public WalFlushMode FlushMode { get; init; } = WalFlushMode.FdataSync;

    /// <summary>
    /// How long an append may stay unanswered before all that is open is answered retriably and a new writer epoch begins;
    /// default 20 s, under the 30 s that clients wait for a produce.
    /// </summary>
    public TimeSpan AppendTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long a write, flush or creation may be pending before its volume counts as hanging: nothing new is sent there, and what is pending
    /// is written again on another volume if there is one; default 3 s, above any flush of a healthy volume and well below
    /// <see cref="AppendTimeout"/>, which must be longer.
    /// </summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What <see cref="RecentBytesMax"/> comes to where the process may take this much memory in all.</summary>
    public long FindRecentBytesMax(long memoryBytes)
    {
        if (RecentBytesMax >= 0)
        {
            return RecentBytesMax;
        }

        // A drain takes a segment apart log by log, so all of it has to be there until its last piece is read: one that is drained, one that
        // is filled meanwhile, and one for what memory takes beyond the bytes in it.
        const int Segments = 3;
        const int MemoryShare = 8;
        const long Least = 64L << 20;
        return Math.Max(Least, Math.Min(Segments * SegmentBytes, memoryBytes / MemoryShare));
    }

    public static void Validate(WalWriterOptions options, OptionsErrors errors)
    {
        errors.Require(options.Name.Length > 0, nameof(Name), "must not be empty", "writer-a-1");
        errors.Require(options.Zone.Length > 0, nameof(Zone), "must not be empty", "az1");
        errors.Require(
            options.AdvertisedAddress.Length == 0 || Uri.TryCreate(options.AdvertisedAddress, UriKind.Absolute, out _),
            nameof(AdvertisedAddress),
            "must be a URL or empty",
            "http://10.0.1.7:7200");
        errors.Require(IPAddress.TryParse(options.RpcAddress, out _), nameof(RpcAddress), "must be an IP address", "0.0.0.0");
        errors.Require(options.RpcPort is >= 0 and <= 65535, nameof(RpcPort), "must be a port from 0 to 65535", 7200);
        errors.Require(
            options.Volumes.Count > 0
                && options.Volumes.All(static v => v.IsValid())
                && options.Volumes.DistinctBy(static v => v.Name).Count() == options.Volumes.Count,
            nameof(Volumes),
            "must name at least one volume, each with its own name and a path (of S3, a prefix of keys)",
            "Volumes:0:Name=wal1, Volumes:0:Path=/mnt/wal1");
        errors.Require(
            options.Volumes.Count == 0 || options.Volumes.Any(static v => v.State == VolumeState.Active),
            nameof(Volumes),
            "must have one that is Active",
            "Volumes:1:State=Active");
        errors.Require(
            options.Volumes.All(static v => v.FlushesPerSecondMax is 0 or >= 1 and <= 1e6),
            nameof(Volumes),
            $"must have a {nameof(WriterVolumeOptions.FlushesPerSecondMax)} of 0 or from 1 to 1000000",
            "Volumes:0:FlushesPerSecondMax=500");
        errors.Require(
            options.Volumes.All(static v => v.BytesPerSecondMax is 0 or >= 64 << 10),
            nameof(Volumes),
            $"must have a {nameof(WriterVolumeOptions.BytesPerSecondMax)} of 0 or at least 64 KiB",
            "Volumes:0:BytesPerSecondMax=200000000");
        errors.Require(
            options.Volumes.All(v => v.BytesMax == 0 || (v.Kind != WalVolumeKind.S3 && v.BytesMax >= 4 * options.SegmentBytes)),
            nameof(Volumes),
            $"must have a {nameof(WriterVolumeOptions.BytesMax)} of 0, or on a folder at least four times {nameof(SegmentBytes)}",
            "Volumes:0:BytesMax=800000000000");
        errors.Require(
            options.SegmentBytes is >= 64 << 10 and <= 16L << 30, nameof(SegmentBytes), "must be from 64 KiB to 16 GiB", 256 << 20);
        errors.Require(
            options.RollInterval >= TimeSpan.FromMilliseconds(10), nameof(RollInterval), "must be at least 10 ms", "00:01:00");
        errors.Require(
            options.BlockBytesMax is >= 4096 and <= 256 << 20, nameof(BlockBytesMax), "must be from 4 KiB to 256 MiB", 8 << 20);
        errors.Require(options.BlockBatchesMax is >= 1 and <= 1000, nameof(BlockBatchesMax), "must be from 1 to 1000", 500);
        errors.Require(options.FlushThreads is >= 1 and <= 16, nameof(FlushThreads), "must be from 1 to 16", 2);
        errors.Require(
            options.RecentBytesMax is >= -1 and <= 64L << 30, nameof(RecentBytesMax), "must be -1, or from 0 to 64 GiB", 1 << 30);
        errors.Require(options.InFlightBytesMax >= 1 << 20, nameof(InFlightBytesMax), "must be at least 1 MiB", 128 << 20);
        errors.Require(
            options.AppendTimeout >= TimeSpan.FromMilliseconds(100), nameof(AppendTimeout), "must be at least 100 ms", "00:00:20");
        S3WriterOptions.Validate(options.S3, errors);
        errors.Require(
            options.StallLimit >= TimeSpan.FromMilliseconds(10) && options.StallLimit < options.AppendTimeout,
            nameof(StallLimit),
            $"must be at least 10 ms and below {nameof(AppendTimeout)}",
            "00:00:03");
    }
}
