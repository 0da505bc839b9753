using Spillway.Metadata.Jobs;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.Metadata;

/// <summary>Settings of the metadata service.</summary>
internal sealed class MetadataOptions
{
    public const string Section = "Spillway:Metadata";

    /// <summary>
    /// Folder of the replicated log and its snapshots, owned by this node alone; default <c>data/metadata</c>, for a first
    /// start without any configuration.
    /// </summary>
    public string DataFolder { get; init; } = "data/metadata";

    /// <summary>The IP address that the service's RPC listens on when it runs as a process; default 127.0.0.1.</summary>
    public string RpcAddress { get; init; } = "127.0.0.1";

    /// <summary>The TCP port of its RPC when it runs as a process, 0 for any free one; default 7100.</summary>
    public int RpcPort { get; init; } = 7100;

    /// <summary>
    /// How long a registered node lives without renewing, 1 s to 5 min; default 10 s: long enough for a storage failover's
    /// stalls, short enough that a dead frontend leaves the clients' metadata soon.
    /// </summary>
    public TimeSpan NodeLease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a compactor has a job without renewing; default 60 s, several PUTs of a slow object store.</summary>
    public TimeSpan JobLease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long files and objects stay after the index stopped naming them; default 60 s: readers may hold coordinates for
    /// as long as the longest fetch they serve takes.
    /// </summary>
    public TimeSpan ReadGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes that one drain moves; default 64 MiB: large enough objects, a short enough job.</summary>
    public long DrainBytesTarget { get; init; } = 64L << 20;

    /// <summary>
    /// Sealed bytes below <see cref="DrainBytesTarget"/> are drained after this all the same; default 10 s: a WAL volume is
    /// dear, and an object request is not.
    /// </summary>
    public TimeSpan DrainAge { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Index entries in one drain; default 8,192: a job's answer and its commit stay below half a MiB.</summary>
    public int DrainRangesMax { get; init; } = 8192;

    /// <summary>When an idle compactor asks again; default 1 s.</summary>
    public TimeSpan JobRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>When a failed job is offered again; default 5 s, so that a broken object store is not hammered.</summary>
    public TimeSpan JobFailureBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Log bytes after which a snapshot is taken; default 16 MiB: a restart replays less than a second of them.</summary>
    public long SnapshotEveryBytes { get; init; } = 16L << 20;

    /// <summary>Log entries after which a snapshot is taken; default 10,000, for the same reason.</summary>
    public int SnapshotEveryEntries { get; init; } = 10_000;

    internal JobSettings ToJobSettings() => new(
        JobLease, ReadGrace, DrainBytesTarget, DrainAge, DrainRangesMax, JobRetry, JobFailureBackoff);

    internal static void Validate(MetadataOptions options, OptionsErrors errors)
    {
        errors.Require(options.DataFolder.Length > 0, nameof(DataFolder), "must name a folder", "data/metadata");
        errors.Require(
            System.Net.IPAddress.TryParse(options.RpcAddress, out _), nameof(RpcAddress), "must be an IP address", "0.0.0.0");
        errors.Require(options.RpcPort is >= 0 and <= 65535, nameof(RpcPort), "must be a port from 0 to 65535", 7100);
        Require(errors, options.NodeLease, nameof(NodeLease), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), "00:00:10");
        Require(errors, options.JobLease, nameof(JobLease), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), "00:01:00");
        Require(errors, options.ReadGrace, nameof(ReadGrace), TimeSpan.Zero, TimeSpan.FromDays(7), "00:01:00");
        Require(errors, options.DrainAge, nameof(DrainAge), TimeSpan.Zero, TimeSpan.FromDays(1), "00:00:10");
        Require(errors, options.JobRetry, nameof(JobRetry), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5), "00:00:01");
        Require(errors, options.JobFailureBackoff, nameof(JobFailureBackoff), TimeSpan.Zero, TimeSpan.FromHours(1), "00:00:05");
        errors.Require(options.DrainBytesTarget > 0, nameof(DrainBytesTarget), "must be more than 0 bytes", 64L << 20);
        errors.Require(
            options.DrainRangesMax is >= 1 and <= 8192, nameof(DrainRangesMax), "must be from 1 to 8192", 8192);
        errors.Require(options.SnapshotEveryBytes > 0, nameof(SnapshotEveryBytes), "must be more than 0 bytes", 16L << 20);
        errors.Require(options.SnapshotEveryEntries > 0, nameof(SnapshotEveryEntries), "must be more than 0", 10_000);
    }

    private static void Require(
        OptionsErrors errors, TimeSpan value, string property, TimeSpan least, TimeSpan most, string example) =>
        errors.Require(value >= least && value <= most, property, $"must be from {least:c} to {most:c}", example);
}
