using System.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>What real clients sent is understood to the last byte, and would be sent alike.</summary>
public sealed class GoldenFrameTests
{
    private const string Librdkafka = "confluent-kafka-1.7.0";
    private const string Kcat = "kcat-1.7.1";
    private const string KafkaPython = "kafka-python-2.0.2";
    private const string KafkaJs = "kafkajs-2.2.4";
    private const string Platformatic = "platformatic-kafka-1.35.0";

    [Fact]
    public void Every_frame_is_read_to_its_end_and_written_back_byte_for_byte()
    {
        Assert.Equal(114, GoldenFrame.All.Count);
        foreach (var frame in GoldenFrame.All)
        {
            var body = frame.Read(out var header);
            var output = new ArrayBufferWriter<byte>();
            RequestFrame.Write(
                output, frame.ApiKey, frame.Version, header.CorrelationId, header.ClientId, body);

            Assert.Equal((short)frame.ApiKey, header.RequestApiKey);
            Assert.Equal(frame.Version, header.RequestApiVersion);
            Assert.True(
                output.WrittenSpan[4..].SequenceEqual(frame.Bytes),
                $"{frame.Client} {frame.ApiKey} v{frame.Version} differs");
        }
    }

    [Fact]
    public void ApiVersions_v3_of_kcat_names_the_library()
    {
        var request = GoldenFrame.Body<ApiVersionsRequest>(Kcat, 3, "kcat");

        Assert.Equal("librdkafka", request.ClientSoftwareName);
        Assert.Equal("2.0.2", request.ClientSoftwareVersion);
    }

    [Fact]
    public void Metadata_v4_of_kcat_asks_for_one_topic_and_lets_it_be_made()
    {
        var request = GoldenFrame.Body<MetadataRequest>(Kcat, 4, "kcat");

        Assert.Equal("events", Assert.Single(request.Topics!).Name);
        Assert.True(request.AllowAutoTopicCreation);
    }

    [Fact]
    public void Metadata_v1_of_kafka_python_asks_for_all_topics_with_null()
    {
        Assert.Null(GoldenFrame.Body<MetadataRequest>(KafkaPython, 1, "pykafka").Topics);
        Assert.Empty(GoldenFrame.Body<MetadataRequest>(KafkaPython, 0, "pykafka").Topics!);
    }

    [Fact]
    public void Metadata_v12_of_platformatic_names_the_topic_and_no_id()
    {
        var request = GoldenFrame.Body<MetadataRequest>(Platformatic, 12, "platformatic-idem");

        var topic = Assert.Single(request.Topics!);
        Assert.Equal("events", topic.Name);
        Assert.Equal(Guid.Empty, topic.TopicId);
        Assert.False(request.AllowAutoTopicCreation);
        Assert.True(request.IncludeTopicAuthorizedOperations);
    }

    [Fact]
    public void Produce_v7_of_kcat_carries_one_batch()
    {
        var request = GoldenFrame.Body<ProduceRequest>(Kcat, 7, "kcat");

        Assert.Null(request.TransactionalId);
        Assert.Equal(-1, request.Acks);
        Assert.Equal(30000, request.TimeoutMs);
        var topic = Assert.Single(request.TopicData);
        Assert.Equal("events", topic.Name);
        var partition = Assert.Single(topic.PartitionData);
        Assert.Equal(0, partition.Index);

        // The batch's own length field counts what follows its first 12 bytes; magic 2 is its 17th byte.
        var records = partition.Records!.Value.ToArray();
        Assert.Equal(127, records.Length);
        Assert.Equal(records.Length - 12, records[11]);
        Assert.Equal(2, records[16]);
    }

    [Fact]
    public void Produce_v7_in_a_transaction_names_it()
    {
        Assert.Equal("tx-1", GoldenFrame.Body<ProduceRequest>(Librdkafka, 7, "confluent").TransactionalId);
    }

    [Fact]
    public void Produce_v11_of_platformatic_is_compact()
    {
        var request = GoldenFrame.Body<ProduceRequest>(Platformatic, 11, "platformatic");

        Assert.Equal(1, request.Acks);
        Assert.Equal(4000, request.TimeoutMs);
        var partition = Assert.Single(Assert.Single(request.TopicData).PartitionData);
        Assert.Equal(1, partition.Index);
        Assert.Equal(74, partition.Records!.Value.Length);
    }

    [Fact]
    public void Fetch_v17_of_platformatic_asks_by_topic_id()
    {
        var request = GoldenFrame.Body<FetchRequest>(Platformatic, 17, "platformatic");

        Assert.Equal(100, request.MaxWaitMs);
        Assert.Equal(1, request.MinBytes);
        Assert.Equal(10 << 20, request.MaxBytes);
        Assert.Equal(2, request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            Assert.Equal(new Guid("11111111-2222-3333-4444-555555555555"), topic.TopicId);
            Assert.Equal("", topic.Topic);
            Assert.Equal(-1, Assert.Single(topic.Partitions).LastFetchedEpoch);
        }
    }

    [Fact]
    public void JoinGroup_v5_of_kcat_is_a_static_member_with_a_subscription()
    {
        var request = GoldenFrame.Body<JoinGroupRequest>(Kcat, 5, "kcat-group");

        Assert.Equal("g1", request.GroupId);
        Assert.Equal(45000, request.SessionTimeoutMs);
        Assert.Equal(300000, request.RebalanceTimeoutMs);
        Assert.Equal("i1", request.GroupInstanceId);
        Assert.Equal("consumer", request.ProtocolType);
        Assert.Equal(["range", "roundrobin"], request.Protocols.Select(p => p.Name));

        // The subscription is a message of its own behind its version.
        var reader = new WireReader(request.Protocols[0].Metadata);
        var subscription = ConsumerProtocolSubscription.Read(ref reader, reader.ReadInt16());
        Assert.Equal(["events"], subscription.Topics);
        Assert.Equal(0, subscription.UserData!.Value.Length);
        Assert.Empty(subscription.OwnedPartitions);
    }

    [Fact]
    public void SyncGroup_v5_of_platformatic_carries_an_assignment()
    {
        var request = GoldenFrame.Body<SyncGroupRequest>(Platformatic, 5, "platformatic");

        Assert.Equal("gp", request.GroupId);
        Assert.Equal(1, request.GenerationId);
        Assert.Equal("consumer", request.ProtocolType);
        Assert.Equal("roundrobin", request.ProtocolName);
        var given = Assert.Single(request.Assignments);
        Assert.Equal("platformatic-m1", given.MemberId);
        var reader = new WireReader(given.Assignment);
        var assignment = ConsumerProtocolAssignment.Read(ref reader, reader.ReadInt16());
        var topic = Assert.Single(assignment.AssignedPartitions);
        Assert.Equal("events", topic.Topic);
        Assert.Equal([0, 1], topic.Partitions);
    }

    [Fact]
    public void OffsetCommit_v5_of_kafkajs_has_its_offset()
    {
        var request = GoldenFrame.Body<OffsetCommitRequest>(KafkaJs, 5, "kafkajs");

        Assert.Equal("gj", request.GroupId);
        Assert.Equal("kafkajs-m1", request.MemberId);
        var partition = Assert.Single(Assert.Single(request.Topics).Partitions);
        Assert.Equal((1, 1L), (partition.PartitionIndex, partition.CommittedOffset));
        Assert.Null(partition.CommittedMetadata);
    }

    [Fact]
    public void TxnOffsetCommit_v3_of_librdkafka_knows_its_generation()
    {
        var request = GoldenFrame.Body<TxnOffsetCommitRequest>(Librdkafka, 3, "confluent");

        Assert.Equal("tx-1", request.TransactionalId);
        Assert.Equal("g2", request.GroupId);
        Assert.Equal((4711L, 3), (request.ProducerId, request.ProducerEpoch));
        Assert.Equal((1, "confluent-m1"), (request.GenerationId, request.MemberId));
        Assert.Null(request.GroupInstanceId);
    }

    [Fact]
    public void InitProducerId_v4_of_librdkafka_has_no_producer_yet()
    {
        var request = GoldenFrame.Body<InitProducerIdRequest>(Librdkafka, 4, "confluent");

        Assert.Equal("tx-1", request.TransactionalId);
        Assert.Equal((-1L, -1), (request.ProducerId, request.ProducerEpoch));
    }

    [Fact]
    public void CreateTopics_v4_of_librdkafka_has_partitions_and_configs()
    {
        var topic = Assert.Single(GoldenFrame.Body<CreateTopicsRequest>(Librdkafka, 4, "confluent").Topics);

        Assert.Equal(("t1", 3, 1), (topic.Name, topic.NumPartitions, topic.ReplicationFactor));
        var config = Assert.Single(topic.Configs);
        Assert.Equal(("retention.ms", "1000"), (config.Name, config.Value));
    }

    [Fact]
    public void AlterClientQuotas_v1_of_platformatic_has_a_float()
    {
        var request = GoldenFrame.Body<AlterClientQuotasRequest>(Platformatic, 1, "platformatic");

        var entry = Assert.Single(request.Entries);
        Assert.Equal(("user", "bob"), (entry.Entity[0].EntityType, entry.Entity[0].EntityName));
        Assert.Equal(1024.5, Assert.Single(entry.Ops).Value);
        Assert.False(request.ValidateOnly);
    }
}
