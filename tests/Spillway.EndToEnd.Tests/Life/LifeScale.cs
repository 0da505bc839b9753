using System.Globalization;

namespace Spillway.EndToEnd.Tests.Life;

/// <summary>How much data lives through it, and settings that fit: small by default, as configured for production from 4 GiB on.</summary>
internal sealed class LifeScale
{
    private const string Variable = "SPILLWAY_LIFE_MIB";
    private const string RateVariable = "SPILLWAY_LIFE_MB_PER_SECOND";
    private const long MiB = 1 << 20;
    private const int SmallMiB = 192;

    // What an S3 server takes that shares two cores and a disk with everything else; above it the WAL grows for as long as it lasts.
    private const int RealMBPerSecond = 40;

    /// <summary>Producing for less long says little about the size of the WAL, which has what came before in it.</summary>
    public const int SteadySeconds = 120;

    public static LifeScale FromEnvironment() =>
        new(int.Parse(Environment.GetEnvironmentVariable(Variable) ?? $"{SmallMiB}", CultureInfo.InvariantCulture) * MiB);

    private LifeScale(long bytes)
    {
        Bytes = bytes;
        BytesPerSecond = IsReal
            ? 1_000_000 * int.Parse(Environment.GetEnvironmentVariable(RateVariable) ?? $"{RealMBPerSecond}", CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>Bytes of records that are produced.</summary>
    public long Bytes { get; }

    /// <summary>Whether segments, ages and objects are those that people run with; figures that depend on them are held to then.</summary>
    public bool IsReal => Bytes >= 4L << 30;

    /// <summary>Size of a WAL segment in bytes.</summary>
    public long SegmentBytes => IsReal ? 256 * MiB : 16 * MiB;

    /// <summary>At which records are made in a real life, so that the WAL comes to a steady size; a small one goes as fast as it can.</summary>
    public long? BytesPerSecond { get; }

    public TimeSpan Patience => TimeSpan.FromMinutes(IsReal ? 20 : 3);

    public string[] WriterSettings => IsReal ? [] : [$"WalWriter:SegmentBytes={SegmentBytes}", "WalWriter:RollInterval=00:00:02"];

    public string[] CompactorSettings => IsReal ? [] : ["S3Compactor:PollInterval=00:00:00.200"];

    /// <summary>Few entries are merged early in both, so that the end can be waited for.</summary>
    public string[] MetadataSettings =>
    [
        "Metadata:SnapshotCopyInterval=00:00:00",
        "Metadata:MergeEntriesMin=2",
        "Broker:log.retention.check.interval.ms=1000",
        .. IsReal ? ["Metadata:MergeDelay=00:00:10"] : new[] { "Metadata:ReadGrace=00:00:02", "Metadata:DrainAge=00:00:01", "Metadata:MergeDelay=00:00:01" },
    ];
}
