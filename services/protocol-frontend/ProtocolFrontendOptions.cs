using System.Net;
using Spillway.Kafka.Records;
using Spillway.ServiceDefaults.Configuration;
using Spillway.Storage.Wal;

namespace Spillway.ProtocolFrontend;

/// <summary>Settings of the protocol frontend: section <c>Spillway:ProtocolFrontend</c>.</summary>
internal sealed class ProtocolFrontendOptions
{
    public const string Section = "Spillway:ProtocolFrontend";

    /// <summary>Stable name of this frontend; the same name keeps its broker id across restarts. Default: frontend-1.</summary>
    public string Name { get; init; } = "frontend-1";

    /// <summary>The zone that this frontend runs in. Default: local.</summary>
    public string Zone { get; init; } = "local";

    /// <summary>Address that the Kafka listener binds to. Default 127.0.0.1: nothing is opened to a network unasked.</summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>Port of the Kafka listener. 0 lets the system choose. Default: 9092.</summary>
    public int ListenPort { get; init; } = 9092;

    /// <summary>Host that clients are told. Default: the listen address.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Port that clients are told. Default: the port listened on.</summary>
    public int? AdvertisedPort { get; init; }

    /// <summary>Bytes of requests being served at once, over all connections; past it connections are not read. Default 256 MiB.</summary>
    public long InFlightBytesMax { get; init; } = 256L << 20;

    /// <summary>Bytes of record batches kept in memory after they were produced or read here. Default 256 MiB.</summary>
    public long TailCacheBytesMax { get; init; } = 256L << 20;

    /// <summary>Produce goes to a writer of another zone where the own zone has none. Default true: available before cheap.</summary>
    public bool AllowOtherZoneWriter { get; init; } = true;

    /// <summary>The WAL volumes, as this host mounts them: every volume that a writer of any zone writes to.</summary>
    public IList<WalVolumeOptions> Volumes { get; init; } = [];

    /// <summary>
    /// Threads that read from each WAL volume; a volume can block, so these are no pool threads, and one that hangs leaves the others
    /// theirs. Those who catch up have at most half as many reads at a time, or they would hold up the tail. Default 8.
    /// </summary>
    public int ReadThreads { get; init; } = 8;

    /// <summary>
    /// How long a read of a WAL volume may take before the segment's writer is asked for the bytes instead; default 5 s. From
    /// 100 ms to 60 s.
    /// </summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How far produced batches are looked into. Header: header and CRC. Uncompressed: the records too, of batches that are not compressed.
    /// All: every record, as Kafka's brokers do, for which every compressed batch is decompressed. Default Uncompressed: the CRC covers what
    /// goes wrong on the way, and batches that do not begin as their codec's are refused in any case.
    /// </summary>
    public RecordChecks RecordChecks { get; init; } = RecordChecks.Uncompressed;

    /// <summary>The zone of each client that comes in on a listener bound to a zone is the frontend's own when this is set. Default false.</summary>
    public bool ListenerIsZoneBound { get; init; }

    internal static void Validate(ProtocolFrontendOptions options, OptionsErrors errors)
    {
        errors.Require(options.Name.Length > 0, nameof(Name), "must not be empty", "frontend-a");
        errors.Require(options.Zone.Length > 0, nameof(Zone), "must not be empty", "eu-west-1a");
        errors.Require(IPAddress.TryParse(options.ListenAddress, out _), nameof(ListenAddress), "must be an IP address", "0.0.0.0");
        errors.Require(options.ListenPort is >= 0 and <= 65535, nameof(ListenPort), "must be a port from 0 to 65535", 9092);
        errors.Require(
            options.AdvertisedPort is null or (>= 1 and <= 65535), nameof(AdvertisedPort), "must be a port from 1 to 65535", 9092);
        errors.Require(options.InFlightBytesMax >= 1 << 20, nameof(InFlightBytesMax), "must be at least 1 MiB", 268435456);
        errors.Require(options.TailCacheBytesMax >= 0, nameof(TailCacheBytesMax), "must not be negative", 268435456);
        errors.Require(
            options.Volumes.All(static volume => volume.IsValid()),
            nameof(Volumes),
            "must each have a name and a path (of S3, a prefix of keys)",
            "Volumes:0:Name=wal1, Volumes:0:Path=/mnt/wal1");
        errors.Require(options.ReadThreads is >= 1 and <= 256, nameof(ReadThreads), "must be from 1 to 256", 8);
        errors.Require(
            options.ReadTimeout >= TimeSpan.FromMilliseconds(100) && options.ReadTimeout <= TimeSpan.FromMinutes(1),
            nameof(ReadTimeout),
            "must be from 100 ms to a minute",
            "00:00:05");
        errors.Require(Enum.IsDefined(options.RecordChecks), nameof(RecordChecks), "must be Header, Uncompressed or All", RecordChecks.Uncompressed);
    }
}
