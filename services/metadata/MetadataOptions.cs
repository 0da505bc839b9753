using Spillway.Metadata.Jobs;
using Spillway.Metadata.Members;
using Spillway.ServiceDefaults.Configuration;
using Spillway.Storage.Wal;

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
    /// URL of its RPC as other services reach it, told to those who ask a node that does not lead; default
    /// <c>http://RpcAddress:RpcPort</c>. Needed where <see cref="RpcAddress"/> is a wildcard and there is more than one node.
    /// </summary>
    public string AdvertisedAddress { get; init; } = "";

    /// <summary>
    /// This node's id in its group, 1 or more; default 1. Never used again: a node whose folder was lost comes back under a new
    /// one.
    /// </summary>
    public int NodeId { get; init; } = 1;

    /// <summary>
    /// The group that the nodes belong to, a GUID; default none: a node that begins alone draws one. Needed by a group of several
    /// founders, by nodes that join, and with certificates, which name it.
    /// </summary>
    public string ClusterId { get; init; } = "";

    /// <summary>
    /// The nodes that found a group of several, the same list on each of them; default none: a node alone, which others can join
    /// later. Looked at only while the data folder is empty.
    /// </summary>
    public IList<MemberOptions> Founders { get; init; } = [];

    /// <summary>
    /// With an empty data folder, wait to be added to a group that exists; default false. Set it on every node but those that
    /// found the group, and on those too once it is founded: a founder whose folder was lost would else found it a second time.
    /// </summary>
    public bool Join { get; init; }

    /// <summary>The IP address that the nodes' own transport listens on when the service runs as a process; default 127.0.0.1.</summary>
    public string RaftAddress { get; init; } = "127.0.0.1";

    /// <summary>The TCP port of that transport, 0 for any free one; default 7101.</summary>
    public int RaftPort { get; init; } = 7101;

    /// <summary>
    /// Host and port by which the other nodes reach it; default <c>RaftAddress:RaftPort</c>. Needed where that is a wildcard and
    /// there is more than one node.
    /// </summary>
    public string AdvertisedRaftAddress { get; init; } = "";

    /// <summary>
    /// Where this node reaches others, instead of where the membership says, by node id and Raft address; default none. For nodes
    /// behind translated addresses, and for tests that put a bad network between two nodes.
    /// </summary>
    public IList<MemberOptions> RaftPeers { get; init; } = [];

    /// <summary>
    /// PEM file of this node's certificate for mutual TLS between the nodes, intermediate ones behind it; default none: plain TCP. It
    /// must have the DNS name <c>node-NODEID.CLUSTERID.spillway</c>. The three files are read again when they change.
    /// </summary>
    public string RaftCertificateFile { get; init; } = "";

    /// <summary>PEM file of its private key; default none.</summary>
    public string RaftKeyFile { get; init; } = "";

    /// <summary>PEM file of the authorities whose nodes are let in; default none.</summary>
    public string RaftAuthoritiesFile { get; init; } = "";

    /// <summary>One tick of the group's clock and the time between heartbeats, 5 ms to 1 s; default 50 ms.</summary>
    public TimeSpan RaftTick { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Ticks without a leader after which an election is due, drawn from one to two times this, 5 to 100; default 10, so that a new
    /// leader is there about a second after the old one is gone and a busy machine does not change its leader unasked.
    /// </summary>
    public int RaftElectionTicks { get; init; } = 10;

    /// <summary>
    /// How long a registered node lives without renewing, 1 s to 5 min; default 10 s: long enough for a storage failover's
    /// stalls, short enough that a dead frontend leaves the clients' metadata soon.
    /// </summary>
    public TimeSpan NodeLease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a compactor has a job without renewing; default 60 s, several PUTs of a slow object store.</summary>
    public TimeSpan JobLease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long files and objects stay after the index stopped naming them; default 30 s, as long as clients wait for a fetch: whoever reads
    /// later than that resolves the index once more. Drained bytes take room on the WAL's volume for as long.
    /// </summary>
    public TimeSpan ReadGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that one drain moves; default 64 MiB: large enough objects, a short enough job.</summary>
    public long DrainBytesTarget { get; init; } = 64L << 20;

    /// <summary>
    /// Sealed bytes below <see cref="DrainBytesTarget"/> are drained after this all the same; default 10 s: a WAL volume is
    /// dear, and an object request is not.
    /// </summary>
    public TimeSpan DrainAge { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long, beyond <see cref="DrainAge"/>, sealed bytes are left to a compactor of their writer's zone, which reads them from the writer's
    /// memory; default 5 s, 0 for whoever asks first, up to a day. Where no compactor is registered in that zone nobody waits.
    /// </summary>
    public TimeSpan DrainZonePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Index entries in one drain; default 8,192: a job's answer and its commit stay below half a MiB.</summary>
    public int DrainRangesMax { get; init; } = 8192;

    /// <summary>
    /// Bytes that one merge rewrites; default 64 MiB: what its objects come to. From 16 MiB to 1 GiB, or 0: small objects stay as they are.
    /// </summary>
    public long MergeBytesTarget { get; init; } = 64L << 20;

    /// <summary>
    /// So many neighbouring small entries of a partition are merged, however few bytes they are; default 32, and as many as the partition has
    /// small merged ones already where those are more, since a byte is merged but once. From 2 to 4,096.
    /// </summary>
    public int MergeEntriesMin { get; init; } = 32;

    /// <summary>
    /// How long a partition is left alone once it got a small entry; default one minute, in which others get theirs, so that one merge moves
    /// many partitions' together.
    /// </summary>
    public TimeSpan MergeDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A pass of the scrub begins so long after the one before began (or at once, where that took longer); default 7 days, in which damage is
    /// found while a versioned bucket still has the bytes. From a second to 365 days, or 0: objects are checked only when they are read.
    /// </summary>
    public TimeSpan ScrubInterval { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Bytes a second that the scrub reads from the object store, all compactors together; default 32 MiB, which is 18 TiB a week. 64 KiB or
    /// more, or 0: as fast as one compactor reads.
    /// </summary>
    public long ScrubBytesPerSecond { get; init; } = 32L << 20;

    /// <summary>When an idle compactor asks again; default 1 s.</summary>
    public TimeSpan JobRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>When a failed job is offered again; default 5 s, so that a broken object store is not hammered.</summary>
    public TimeSpan JobFailureBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Log bytes after which a snapshot is taken; default 16 MiB: a restart replays less than a second of them.</summary>
    public long SnapshotEveryBytes { get; init; } = 16L << 20;

    /// <summary>Log entries after which a snapshot is taken; default 10,000, for the same reason.</summary>
    public int SnapshotEveryEntries { get; init; } = 10_000;

    /// <summary>
    /// How often the leader copies its state to the object store, for a restore; default 10 min, 1 s to 1 day, 0 for never. What a lost
    /// cluster had committed since the last copy comes back only as far as objects hold it. Needs <c>Spillway:ObjectStore</c>, else no
    /// copies are made.
    /// </summary>
    public TimeSpan SnapshotCopyInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Copies that are kept, 1 to 1,000; default 6. Objects that nothing names any more stay until no kept copy names them: for an hour, with
    /// both defaults.
    /// </summary>
    public int SnapshotCopiesKept { get; init; } = 6;

    /// <summary>
    /// The incarnation up to which the operator has found restores good, 0 or more; default 0. Until it reaches the restored cluster's, nothing is
    /// deleted from volumes and object store.
    /// </summary>
    public long ConfirmedIncarnation { get; init; }

    /// <summary>
    /// The id of a lost cluster, as it is under <c>meta/</c> in the object store: an empty data folder begins with its newest copy and what
    /// its objects tell; default none. For one node alone, with every other service stopped; to be taken out once it has started
    /// (docs/operations.md). Looked at only while the data folder is empty.
    /// </summary>
    public string RestoreFrom { get; init; } = "";

    /// <summary>
    /// The lost cluster's WAL volumes that are still there, by name, path and kind, as this process sees them; default none. What
    /// the copy knows to be in segments of other volumes, or in segments that are not there, is lost.
    /// </summary>
    public IList<WalVolumeOptions> RestoreVolumes { get; init; } = [];

    internal bool MakesSnapshotCopies => SnapshotCopyInterval > TimeSpan.Zero;

    internal JobSettings ToJobSettings() => new(
        JobLease, ReadGrace, DrainBytesTarget, DrainAge, DrainZonePatience, DrainRangesMax, MergeBytesTarget, MergeEntriesMin,
        MergeDelay, JobRetry, JobFailureBackoff, ScrubInterval, ScrubBytesPerSecond);

    internal static void Validate(MetadataOptions options, OptionsErrors errors)
    {
        errors.Require(options.DataFolder.Length > 0, nameof(DataFolder), "must name a folder", "data/metadata");
        errors.Require(
            System.Net.IPAddress.TryParse(options.RpcAddress, out _), nameof(RpcAddress), "must be an IP address", "0.0.0.0");
        errors.Require(options.RpcPort is >= 0 and <= 65535, nameof(RpcPort), "must be a port from 0 to 65535", 7100);
        MembershipValidation.Validate(options, errors);
        Require(errors, options.NodeLease, nameof(NodeLease), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), "00:00:10");
        Require(errors, options.JobLease, nameof(JobLease), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), "00:01:00");
        Require(errors, options.ReadGrace, nameof(ReadGrace), TimeSpan.Zero, TimeSpan.FromDays(7), "00:00:30");
        Require(errors, options.DrainAge, nameof(DrainAge), TimeSpan.Zero, TimeSpan.FromDays(1), "00:00:10");
        Require(errors, options.DrainZonePatience, nameof(DrainZonePatience), TimeSpan.Zero, TimeSpan.FromDays(1), "00:00:05");
        Require(errors, options.MergeDelay, nameof(MergeDelay), TimeSpan.Zero, TimeSpan.FromDays(1), "00:01:00");
        Require(errors, options.JobRetry, nameof(JobRetry), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5), "00:00:01");
        Require(errors, options.JobFailureBackoff, nameof(JobFailureBackoff), TimeSpan.Zero, TimeSpan.FromHours(1), "00:00:05");
        errors.Require(
            !options.MakesSnapshotCopies
                || (options.SnapshotCopyInterval >= TimeSpan.FromSeconds(1) && options.SnapshotCopyInterval <= TimeSpan.FromDays(1)),
            nameof(SnapshotCopyInterval), "must be 0 or from 1 s to 1 day", "00:10:00");
        errors.Require(options.SnapshotCopiesKept is >= 1 and <= 1000, nameof(SnapshotCopiesKept), "must be from 1 to 1000", 6);
        errors.Require(options.ConfirmedIncarnation >= 0, nameof(ConfirmedIncarnation), "must be 0 or more", 1);
        errors.Require(options.DrainBytesTarget > 0, nameof(DrainBytesTarget), "must be more than 0 bytes", 64L << 20);
        errors.Require(
            options.DrainRangesMax is >= 1 and <= 8192, nameof(DrainRangesMax), "must be from 1 to 8192", 8192);
        errors.Require(
            options.MergeBytesTarget is 0 or (>= 2 * MergeRuns.SmallBytes and <= 1L << 30),
            nameof(MergeBytesTarget), "must be 0 or from 16 MiB to 1 GiB", 64L << 20);
        errors.Require(
            options.MergeEntriesMin is >= 2 and <= MergeRuns.RunEntriesMax, nameof(MergeEntriesMin), "must be from 2 to 4096", 32);
        errors.Require(
            options.ScrubInterval == TimeSpan.Zero
                || (options.ScrubInterval >= TimeSpan.FromSeconds(1) && options.ScrubInterval <= TimeSpan.FromDays(365)),
            nameof(ScrubInterval), "must be 0 or from 1 s to 365 days", "7.00:00:00");
        errors.Require(
            options.ScrubBytesPerSecond is 0 or >= 64 << 10, nameof(ScrubBytesPerSecond), "must be 0 or at least 64 KiB", 32L << 20);
        errors.Require(options.SnapshotEveryBytes > 0, nameof(SnapshotEveryBytes), "must be more than 0 bytes", 16L << 20);
        errors.Require(options.SnapshotEveryEntries > 0, nameof(SnapshotEveryEntries), "must be more than 0", 10_000);
    }

    private static void Require(
        OptionsErrors errors, TimeSpan value, string property, TimeSpan least, TimeSpan most, string example) =>
        errors.Require(value >= least && value <= most, property, $"must be from {least:c} to {most:c}", example);
}
