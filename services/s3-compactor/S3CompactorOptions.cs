using Spillway.ServiceDefaults.Configuration;
using Spillway.Storage.Wal;

namespace Spillway.S3Compactor;

/// <summary>What an operator may say to a compactor. The object store has a section of its own, shared with frontends.</summary>
internal sealed class S3CompactorOptions
{
    /// <summary>The section these values are bound from.</summary>
    public const string Section = "Spillway:S3Compactor";

    /// <summary>
    /// The compactor's name, stable across restarts and unique among compactors: a second process under it fences the first.
    /// Default: the machine's name, which Kubernetes makes the pod's.
    /// </summary>
    public string Name { get; init; } = Environment.MachineName;

    /// <summary>The availability zone; default <c>local</c> for machines that have none.</summary>
    public string Zone { get; init; } = "local";

    /// <summary>The WAL volumes mounted here, those of all writers. At least one.</summary>
    public IList<WalVolumeOptions> Volumes { get; init; } = [];

    /// <summary>
    /// How often metadata is asked for a job where there was none; default 1 s. It says itself when to ask again, so this is the least wait.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes of batches in one object; default 64 MiB, what metadata puts into one drain. It is also the memory a drain takes.
    /// </summary>
    public long ObjectBytesTarget { get; init; } = 64L << 20;

    /// <summary>
    /// A partition with this much in a drain gets an object of its own; default 8 MiB, from where on merging it later would cost more than it
    /// brings.
    /// </summary>
    public long PartitionObjectBytesMin { get; init; } = 8L << 20;

    /// <summary>
    /// How long a PUT may take before its object counts as garbage; default 5 minutes, an order above the slowest upload that goes well.
    /// </summary>
    public TimeSpan UploadTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Threads that read from each volume; default 4: enough to keep it busy, few enough to leave it to the writers.</summary>
    public int VolumeThreads { get; init; } = 4;

    /// <summary>
    /// How long a read of a volume may take before the segment's writer is asked for the bytes instead; default one minute, longer than
    /// a storage failover: a drain has time. From a second to ten minutes.
    /// </summary>
    public TimeSpan VolumeTimeout { get; init; } = TimeSpan.FromMinutes(1);

    public static void Validate(S3CompactorOptions options, OptionsErrors errors)
    {
        errors.Require(options.Name.Length > 0, nameof(Name), "must not be empty", "compactor-1");
        errors.Require(options.Zone.Length > 0, nameof(Zone), "must not be empty", "az1");
        errors.Require(
            options.Volumes.Count > 0
                && options.Volumes.All(static v => v.IsValid())
                && options.Volumes.DistinctBy(static v => v.Name).Count() == options.Volumes.Count,
            nameof(Volumes),
            "must name at least one volume, each with its own name and a path (of S3, a prefix of keys)",
            "Volumes:0:Name=wal1, Volumes:0:Path=/mnt/wal1");
        errors.Require(
            options.PollInterval >= TimeSpan.FromMilliseconds(10), nameof(PollInterval), "must be at least 10 ms", "00:00:01");
        errors.Require(
            options.ObjectBytesTarget is >= 64 << 10 and <= 1 << 30, nameof(ObjectBytesTarget), "must be from 64 KiB to 1 GiB", 64 << 20);
        errors.Require(
            options.PartitionObjectBytesMin >= 64 << 10, nameof(PartitionObjectBytesMin), "must be at least 64 KiB", 8 << 20);
        errors.Require(
            options.UploadTimeout >= TimeSpan.FromSeconds(1) && options.UploadTimeout <= TimeSpan.FromHours(1),
            nameof(UploadTimeout),
            "must be from a second to an hour",
            "00:05:00");
        errors.Require(options.VolumeThreads is >= 1 and <= 64, nameof(VolumeThreads), "must be from 1 to 64", 4);
        errors.Require(
            options.VolumeTimeout >= TimeSpan.FromSeconds(1) && options.VolumeTimeout <= TimeSpan.FromMinutes(10),
            nameof(VolumeTimeout),
            "must be from a second to ten minutes",
            "00:01:00");
    }
}
