using Spillway.Kafka.Messages;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>
/// The versions that a broker of Kafka 4.2 tells its clients of, API by API. KIP-896 took the old ones away; Produce is said to begin
/// at 0 all the same (KAFKA-18659).
/// </summary>
internal static class KafkaRanges
{
    public static IReadOnlyDictionary<ApiKey, Versions> Of { get; } = new Dictionary<ApiKey, Versions>
    {
        [ApiKey.Produce] = new(0, 13),
        [ApiKey.Fetch] = new(4, 18),
        [ApiKey.ListOffsets] = new(1, 11),
        [ApiKey.Metadata] = new(0, 13),
        [ApiKey.OffsetCommit] = new(2, 10),
        [ApiKey.OffsetFetch] = new(1, 10),
        [ApiKey.FindCoordinator] = new(0, 6),
        [ApiKey.JoinGroup] = new(0, 9),
        [ApiKey.Heartbeat] = new(0, 4),
        [ApiKey.LeaveGroup] = new(0, 5),
        [ApiKey.SyncGroup] = new(0, 5),
        [ApiKey.DescribeGroups] = new(0, 6),
        [ApiKey.ListGroups] = new(0, 5),
        [ApiKey.SaslHandshake] = new(0, 1),
        [ApiKey.ApiVersions] = new(0, 4),
        [ApiKey.CreateTopics] = new(2, 7),
        [ApiKey.DeleteTopics] = new(1, 6),
        [ApiKey.DeleteRecords] = new(0, 2),
        [ApiKey.InitProducerId] = new(0, 5),
        [ApiKey.OffsetForLeaderEpoch] = new(2, 4),
        [ApiKey.AddPartitionsToTxn] = new(0, 5),
        [ApiKey.AddOffsetsToTxn] = new(0, 4),
        [ApiKey.EndTxn] = new(0, 5),
        [ApiKey.WriteTxnMarkers] = new(1, 2),
        [ApiKey.TxnOffsetCommit] = new(0, 5),
        [ApiKey.DescribeConfigs] = new(1, 4),
        [ApiKey.AlterConfigs] = new(0, 2),
        [ApiKey.AlterReplicaLogDirs] = new(1, 2),
        [ApiKey.DescribeLogDirs] = new(1, 4),
        [ApiKey.CreatePartitions] = new(0, 3),
        [ApiKey.DeleteGroups] = new(0, 2),
        [ApiKey.ElectLeaders] = new(0, 2),
        [ApiKey.IncrementalAlterConfigs] = new(0, 1),
        [ApiKey.AlterPartitionReassignments] = new(0, 1),
        [ApiKey.ListPartitionReassignments] = new(0, 0),
        [ApiKey.OffsetDelete] = new(0, 0),
        [ApiKey.DescribeQuorum] = new(0, 2),
        [ApiKey.UpdateFeatures] = new(0, 2),
        [ApiKey.DescribeCluster] = new(0, 2),
        [ApiKey.DescribeProducers] = new(0, 0),
        [ApiKey.UnregisterBroker] = new(0, 0),
        [ApiKey.DescribeTransactions] = new(0, 0),
        [ApiKey.ListTransactions] = new(0, 2),
        [ApiKey.ConsumerGroupHeartbeat] = new(0, 1),
        [ApiKey.ConsumerGroupDescribe] = new(0, 1),
        [ApiKey.GetTelemetrySubscriptions] = new(0, 0),
        [ApiKey.PushTelemetry] = new(0, 0),
        [ApiKey.ListConfigResources] = new(0, 1),
        [ApiKey.DescribeTopicPartitions] = new(0, 0),
    };
}
