using System.Globalization;
using System.Text;
using Spillway.Kafka.Messages;

namespace Spillway.Standalone.Tests.Documents;

/// <summary>Writes the operator's page of Kafka APIs from what a running broker says that it serves.</summary>
internal static class KafkaApiReference
{
    // Those not served and why; those served and where they are not quite Kafka's.
    private static readonly Dictionary<ApiKey, string> Absent = new()
    {
        [ApiKey.SaslHandshake] = "security",
        [ApiKey.SaslAuthenticate] = "security",
        [ApiKey.DescribeAcls] = "security",
        [ApiKey.CreateAcls] = "security",
        [ApiKey.DeleteAcls] = "security",
        [ApiKey.CreateDelegationToken] = "security",
        [ApiKey.RenewDelegationToken] = "security",
        [ApiKey.ExpireDelegationToken] = "security",
        [ApiKey.DescribeDelegationToken] = "security",
        [ApiKey.DescribeUserScramCredentials] = "security",
        [ApiKey.AlterUserScramCredentials] = "security",
        [ApiKey.DescribeClientQuotas] = "quotas",
        [ApiKey.AlterClientQuotas] = "quotas",
        [ApiKey.ShareGroupHeartbeat] = "share groups",
        [ApiKey.ShareGroupDescribe] = "share groups",
        [ApiKey.ShareFetch] = "share groups",
        [ApiKey.ShareAcknowledge] = "share groups",
        [ApiKey.DescribeShareGroupOffsets] = "share groups",
        [ApiKey.AlterShareGroupOffsets] = "share groups",
        [ApiKey.DeleteShareGroupOffsets] = "share groups",
        [ApiKey.InitializeShareGroupState] = "between Kafka's brokers only",
        [ApiKey.ReadShareGroupState] = "between Kafka's brokers only",
        [ApiKey.WriteShareGroupState] = "between Kafka's brokers only",
        [ApiKey.DeleteShareGroupState] = "between Kafka's brokers only",
        [ApiKey.ReadShareGroupStateSummary] = "between Kafka's brokers only",
        [ApiKey.StreamsGroupHeartbeat] = "streams groups",
        [ApiKey.StreamsGroupDescribe] = "streams groups",
        [ApiKey.AddRaftVoter] = "the metadata service's own `members` verbs do it",
        [ApiKey.RemoveRaftVoter] = "the metadata service's own `members` verbs do it",
    };

    private static readonly Dictionary<ApiKey, string> Notes = new()
    {
        [ApiKey.Produce] = "said to begin at 0 as Kafka does (KAFKA-18659); requests before v3 are refused",
        [ApiKey.Metadata] = "each zone is shown its own frontend as leader; leader epochs are 0; one replica a zone",
        [ApiKey.OffsetForLeaderEpoch] = "no log is ever cut back: epoch 0 ends where the log does, and there is no other",
        [ApiKey.ListOffsets] = "−4 is where the WAL begins, −5 the last offset in the object store",
        [ApiKey.AddPartitionsToTxn] = "a transaction has 50,000 partitions at most; more are POLICY_VIOLATION, in Produce too",
        [ApiKey.EndTxn] = "one entry of the metadata log: when it is answered, markers and offsets are visible",
        [ApiKey.WriteTxnMarkers] = "an administrator's abort ends the producer's whole transaction; a commit is refused",
        [ApiKey.CreateTopics] = "replicas and assignments are checked and shown; copies are the WAL volume's and the object store's",
        [ApiKey.ElectLeaders] = "there is nothing to elect",
        [ApiKey.AlterPartitionReassignments] = "there is nothing to move",
        [ApiKey.AlterReplicaLogDirs] = "there is nothing to move",
        [ApiKey.DescribeLogDirs] = "one directory, in which a partition has the bytes that the index names",
    };

    public static string Write(IReadOnlyList<ApiVersionsResponse.ApiVersion> served)
    {
        var text = new StringBuilder();
        text.AppendLine("# Kafka APIs");
        text.AppendLine();
        text.AppendLine("Written from what a running broker answers to ApiVersions, by a test of `Spillway.Standalone.Tests`; do not edit by hand. Versions are");
        text.AppendLine("held against those that a Kafka 4.2 broker serves to clients. How far each is Kafka's: `tests/Spillway.Conformance.Tests`.");
        text.AppendLine();
        text.AppendLine("| key | API | versions | Kafka 4.2 | |").AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var api in served)
        {
            var key = (ApiKey)api.ApiKey;
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {api.ApiKey} | {key} | {Range(api.MinVersion, api.MaxVersion)} | {Kafkas(key)} | {Notes.GetValueOrDefault(key, "")} |");
        }

        text.AppendLine().AppendLine("## Not served").AppendLine();
        text.AppendLine("| key | API | Kafka 4.2 | |").AppendLine("| --- | --- | --- | --- |");
        foreach (var key in MessageCatalog.ApiKeys)
        {
            if (!served.Any(api => api.ApiKey == (short)key))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"| {(short)key} | {key} | {Kafkas(key)} | {Absent.GetValueOrDefault(key, "?")} |");
            }
        }

        return text.ToString();
    }

    private static string Kafkas(ApiKey key) => Range(
        key == ApiKey.Produce ? (short)0 : MessageCatalog.MinVersion(key), MessageCatalog.MaxStableVersion(key));

    private static string Range(short min, short max) => min == max ? $"{min}" : $"{min}–{max}";
}
