using System.Buffers;
using System.Text;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>
/// Bytes put together by hand from the protocol's description, field by field, for messages that servers write and for
/// requests of versions that the captured clients do not speak.
/// </summary>
public sealed class GoldenBytesTests
{
    [Fact]
    public void ApiVersionsRequest_v3_has_its_golden_bytes()
    {
        var request = new ApiVersionsRequest { ClientSoftwareName = "kcat", ClientSoftwareVersion = "1.0" };

        AssertBytes(request, 3, "05 6B636174", "04 312E30", "00");
    }

    [Fact]
    public void ApiVersionsResponse_v3_with_features_in_tags()
    {
        var response = new ApiVersionsResponse
        {
            ApiKeys = [new() { ApiKey = 0, MinVersion = 0, MaxVersion = 13 }],
            FinalizedFeaturesEpoch = 5,
            FinalizedFeatures = [new() { Name = "a", MaxVersionLevel = 2, MinVersionLevel = 1 }],
        };

        AssertBytes(
            response,
            3,
            "0000",
            "02 0000 0000 000D 00",
            "00000000",
            "02",
            "01 08 0000000000000005",
            "02 08 02 0261 0002 0001 00");
    }

    [Fact]
    public void MetadataRequest_v1_for_one_topic_and_for_all()
    {
        AssertBytes(new MetadataRequest { Topics = [new() { Name = "t" }] }, 1, "00000001 0001 74");
        AssertBytes(new MetadataRequest { Topics = null }, 1, "FFFFFFFF");
        AssertBytes(new MetadataRequest { Topics = [] }, 1, "00000000");
    }

    [Fact]
    public void MetadataResponse_v1_has_its_golden_bytes()
    {
        var response = new MetadataResponse
        {
            Brokers = [new() { NodeId = 1, Host = "h", Port = 9092, Rack = "az1" }],
            ControllerId = 1,
            Topics =
            [
                new()
                {
                    Name = "t",
                    Partitions = [new() { LeaderId = 1, ReplicaNodes = [1, 2], IsrNodes = [1] }],
                },
            ],
        };

        AssertBytes(
            response,
            1,
            "00000001 00000001 000168 00002384 0003617A31",
            "00000001",
            "00000001 0000 000174 00",
            "00000001 0000 00000000 00000001 00000002 00000001 00000002 00000001 00000001");
    }

    [Fact]
    public void ProduceRequest_v7_has_its_golden_bytes()
    {
        var request = new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 1000,
            TopicData =
            [
                new() { Name = "t", PartitionData = [new() { Index = 2, Records = Records("ABCD") }] },
            ],
        };

        AssertBytes(
            request, 7, "FFFF FFFF 000003E8", "00000001 000174", "00000001 00000002", "00000004 41424344");
    }

    [Fact]
    public void ProduceResponse_v7_has_its_golden_bytes()
    {
        var response = new ProduceResponse
        {
            Responses =
            [
                new() { Name = "t", PartitionResponses = [new() { Index = 2, BaseOffset = 258, LogStartOffset = 1 }] },
            ],
        };

        AssertBytes(
            response,
            7,
            "00000001 000174",
            "00000001 00000002 0000 0000000000000102 FFFFFFFFFFFFFFFF 0000000000000001",
            "00000000");
    }

    [Fact]
    public void FetchRequest_v12_has_its_golden_bytes()
    {
        var request = new FetchRequest
        {
            ClusterId = "c",
            MaxWaitMs = 500,
            MinBytes = 1,
            MaxBytes = 65536,
            IsolationLevel = 1,
            SessionEpoch = 0,
            Topics =
            [
                new() { Topic = "t", Partitions = [new() { Partition = 3, FetchOffset = 9, PartitionMaxBytes = 1024 }] },
            ],
            RackId = "az",
        };

        AssertBytes(
            request,
            12,
            "FFFFFFFF 000001F4 00000001 00010000 01 00000000 00000000",
            "02 0274",
            "02 00000003 FFFFFFFF 0000000000000009 FFFFFFFF FFFFFFFFFFFFFFFF 00000400 00",
            "00",
            "01",
            "03617A",
            "01 00 02 0263");
    }

    [Fact]
    public void FetchResponse_v12_with_a_leader_in_a_tag_and_null_aborted_transactions()
    {
        var response = new FetchResponse
        {
            SessionId = 7,
            Responses =
            [
                new()
                {
                    Topic = "t",
                    Partitions =
                    [
                        new()
                        {
                            PartitionIndex = 3,
                            ErrorCode = 6,
                            HighWatermark = 10,
                            CurrentLeader = new() { LeaderId = 2, LeaderEpoch = 4 },
                            AbortedTransactions = null,
                            Records = Records("XY"),
                        },
                    ],
                },
            ],
        };

        AssertBytes(
            response,
            12,
            "00000000 0000 00000007",
            "02 0274",
            "02 00000003 0006 000000000000000A FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 00 FFFFFFFF 03 5859",
            "01 01 09 00000002 00000004 00",
            "00",
            "00");
    }

    [Fact]
    public void ConsumerGroupHeartbeatResponse_v0_with_and_without_its_nullable_structure()
    {
        var response = new ConsumerGroupHeartbeatResponse
        {
            MemberId = "m",
            MemberEpoch = 1,
            HeartbeatIntervalMs = 5000,
            AssignmentValue = new()
            {
                TopicPartitions =
                [
                    new() { TopicId = new Guid("00112233-4455-6677-8899-aabbccddeeff"), Partitions = [1] },
                ],
            },
        };
        var head = "00000000 0000 00 026D 00000001 00001388";

        AssertBytes(response, 0, head, "01 02 00112233445566778899AABBCCDDEEFF 02 00000001 00 00", "00");
        response.AssignmentValue = null;
        AssertBytes(response, 0, head, "FF", "00");
    }

    [Fact]
    public void RequestHeader_v2_has_a_plain_client_id_and_a_tag_section()
    {
        var header = new RequestHeader
        {
            RequestApiKey = 18, RequestApiVersion = 3, CorrelationId = 1, ClientId = "a",
        };

        AssertBytes(header, 2, "0012 0003 00000001 0001 61 00");
        header.ClientId = null;
        AssertBytes(header, 1, "0012 0003 00000001 FFFF");
    }

    private static ReadOnlySequence<byte> Records(string ascii) => new(Encoding.ASCII.GetBytes(ascii));

    private static void AssertBytes(IKafkaMessage message, short version, params string[] hex)
    {
        var expected = string.Concat(hex).Replace(" ", "", StringComparison.Ordinal);
        Assert.Equal(expected, Convert.ToHexString(message.ToBytes(version)));
        Assert.Equal(expected.Length / 2, message.Size(version));

        var type = MessageType.Find(message.GetType().Name);
        MessageComparer.AssertSurvived(type, message, type.ReadAll(Convert.FromHexString(expected), version), version);
    }
}
