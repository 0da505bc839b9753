namespace Spillway.Chaos.Cluster;

/// <summary>
/// Settings that let happen within seconds what takes minutes in production: leases end, segments roll and drain, files are deleted. What a
/// service promises does not depend on them.
/// </summary>
internal static class ClusterSettings
{
    public static string[] Of(ServiceRole role) => role switch
    {
        ServiceRole.Metadata =>
        [
            "Metadata:NodeLease=00:00:04",
            "Metadata:JobLease=00:00:10",
            "Metadata:ReadGrace=00:00:04",
            "Metadata:DrainAge=00:00:02",
            "Metadata:JobFailureBackoff=00:00:01",
            "Metadata:MergeEntriesMin=2",
            "Metadata:MergeDelay=00:00:02",
            "Metadata:SnapshotEveryEntries=2000",
            "Broker:group.initial.rebalance.delay.ms=200",
        ],
        ServiceRole.Writer =>
        [
            "WalWriter:SegmentBytes=8388608",
            "WalWriter:RollInterval=00:00:05",
            "WalWriter:AppendTimeout=00:00:05",
        ],
        ServiceRole.Frontend =>
        [
            "ProtocolFrontend:TailCacheBytesMax=16777216",
            "ProtocolFrontend:ReadTimeout=00:00:02",
        ],
        ServiceRole.Compactor =>
        [
            "S3Compactor:PollInterval=00:00:00.500",
            "S3Compactor:UploadTimeout=00:00:20",
            "S3Compactor:VolumeTimeout=00:00:05",
        ],
        _ => [],
    };
}
