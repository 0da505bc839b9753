using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Standalone.Tests.Admin;

/// <summary>
/// What operators' tools ask for: DescribeTopicPartitions (KIP-966), ElectLeaders (KIP-460), reassignments (KIP-455), log dirs (KIP-113),
/// DescribeQuorum (KIP-595, KIP-836), UnregisterBroker, DescribeCluster with fenced brokers (KIP-1073).
/// </summary>
public sealed class OperatorApiTests(AdminBroker broker) : IClassFixture<AdminBroker>
{
    [Fact]
    public async Task Partitions_are_described_in_pieces_by_a_cursor()
    {
        var prefix = $"p-{Guid.NewGuid():N}";
        await CreateAsync($"{prefix}-a", 3);
        await CreateAsync($"{prefix}-b", 2);
        var request = new DescribeTopicPartitionsRequest
        {
            Topics = { new() { Name = $"{prefix}-b" }, new() { Name = $"{prefix}-a" }, new() { Name = $"{prefix}-c" }, new() { Name = "a/b" } },
            ResponsePartitionLimit = 2,
        };
        var seen = new List<(string Name, int Partition)>();
        var errors = new List<(string Name, ErrorCode Error)>();
        for (var answers = 0; answers < 10; answers++)
        {
            var answer = await broker.AskAsync<DescribeTopicPartitionsResponse>(request, 0);
            Assert.InRange(answer.Topics.Sum(t => t.Partitions.Count), 0, 2);
            seen.AddRange(answer.Topics.SelectMany(t => t.Partitions.Select(p => (t.Name!, p.PartitionIndex))));
            errors.AddRange(answer.Topics.Where(t => t.ErrorCode != 0).Select(t => (t.Name!, (ErrorCode)t.ErrorCode)));
            if (answer.NextCursor is not { } next)
            {
                break;
            }

            request.CursorValue = new() { TopicName = next.TopicName, PartitionIndex = next.PartitionIndex };
        }

        Assert.Equal(
            [($"{prefix}-a", 0), ($"{prefix}-a", 1), ($"{prefix}-a", 2), ($"{prefix}-b", 0), ($"{prefix}-b", 1)], seen);
        Assert.Equal([("a/b", ErrorCode.InvalidTopicException), ($"{prefix}-c", ErrorCode.UnknownTopicOrPartition)], errors);
    }

    [Fact]
    public async Task A_described_partition_is_led_by_a_replica_in_sync()
    {
        var topic = await CreateAsync($"p-{Guid.NewGuid():N}", 1);

        var answer = await broker.AskAsync<DescribeTopicPartitionsResponse>(
            new DescribeTopicPartitionsRequest { Topics = { new() { Name = topic } } }, 0);

        var partition = Assert.Single(Assert.Single(answer.Topics).Partitions);
        Assert.Equal((broker.NodeId, 0), (partition.LeaderId, partition.LeaderEpoch));
        Assert.Equal([broker.NodeId], partition.ReplicaNodes);
        Assert.Equal([broker.NodeId], partition.IsrNodes);
        Assert.Empty(partition.OfflineReplicas);
        Assert.Null(answer.NextCursor);
    }

    [Theory]
    [InlineData("elsewhere", 0)]
    [InlineData("here", -1)]
    public async Task A_cursor_that_points_nowhere_is_INVALID_REQUEST(string cursorTopic, int partition)
    {
        var request = new DescribeTopicPartitionsRequest
        {
            Topics = { new() { Name = "here" } }, CursorValue = new() { TopicName = cursorTopic, PartitionIndex = partition },
        };

        var answer = await broker.AskAsync<DescribeTopicPartitionsResponse>(request, 0);

        Assert.Equal(ErrorCode.InvalidRequest, (ErrorCode)Assert.Single(answer.Topics).ErrorCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_election_is_needed(int version)
    {
        var topic = await CreateAsync($"p-{Guid.NewGuid():N}", 1);
        var request = new ElectLeadersRequest
        {
            TopicPartitionsValue = [new() { Topic = topic, Partitions = [0, 7] }, new() { Topic = "nowhere", Partitions = [0] }],
        };

        var answer = await broker.AskAsync<ElectLeadersResponse>(request, version);
        var all = await broker.AskAsync<ElectLeadersResponse>(new ElectLeadersRequest { TopicPartitionsValue = null }, version);

        Assert.Equal(
            [ErrorCode.ElectionNotNeeded, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition],
            answer.ReplicaElectionResults.SelectMany(r => r.PartitionResult).Select(p => (ErrorCode)p.ErrorCode));
        Assert.Empty(all.ReplicaElectionResults.SelectMany(r => r.PartitionResult));
        Assert.Equal(0, all.ErrorCode);
    }

    [Fact]
    public async Task An_election_of_no_known_kind_is_INVALID_REQUEST() => Assert.Equal(
        ErrorCode.InvalidRequest,
        (ErrorCode)(await broker.AskAsync<ElectLeadersResponse>(new ElectLeadersRequest { ElectionType = 2 }, 2)).ErrorCode);

    [Fact]
    public async Task A_reassignment_that_Kafka_would_take_is_done_at_once()
    {
        var topic = await CreateAsync($"p-{Guid.NewGuid():N}", 5);
        var request = new AlterPartitionReassignmentsRequest
        {
            AllowReplicationFactorChange = false,
            Topics =
            {
                new()
                {
                    Name = topic,
                    Partitions =
                    {
                        new() { PartitionIndex = 0, Replicas = [broker.NodeId] },
                        new() { PartitionIndex = 1, Replicas = null },
                        new() { PartitionIndex = 2, Replicas = [broker.NodeId + 1000] },
                        new() { PartitionIndex = 3, Replicas = [] },
                        new() { PartitionIndex = 9, Replicas = [broker.NodeId] },
                    },
                },
                new() { Name = "nowhere", Partitions = { new() { PartitionIndex = 0, Replicas = [broker.NodeId] } } },
            },
        };

        var answer = await broker.AskAsync<AlterPartitionReassignmentsResponse>(request, 1);
        var ongoing = await broker.AskAsync<ListPartitionReassignmentsResponse>(new ListPartitionReassignmentsRequest(), 0);

        Assert.Equal(
            [
                ErrorCode.None, ErrorCode.NoReassignmentInProgress, ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment,
                ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition,
            ],
            answer.Responses.SelectMany(r => r.Partitions).Select(p => (ErrorCode)p.ErrorCode));
        Assert.Equal((0, 0), ((int)answer.ErrorCode, (int)ongoing.ErrorCode));
        Assert.Empty(ongoing.Topics);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task The_log_dir_tells_the_bytes_of_partitions(int version)
    {
        var topic = await CreateAsync($"p-{Guid.NewGuid():N}", 2);
        var batch = new RecordBatchBuilder();
        batch.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), "k"u8.ToArray(), new byte[1000]);
        var bytes = batch.Build();
        var produced = await broker.AskAsync<ProduceResponse>(
            new ProduceRequest
            {
                Acks = -1, TimeoutMs = 30_000, TopicData = { new() { Name = topic, PartitionData = { new() { Index = 1, Records = new(bytes) } } } },
            },
            9);
        Assert.Equal(0, produced.Responses[0].PartitionResponses[0].ErrorCode);

        var one = await broker.AskAsync<DescribeLogDirsResponse>(
            new DescribeLogDirsRequest { Topics = [new() { Topic = topic, Partitions = [0, 1, 5] }, new() { Topic = "nowhere", Partitions = [0] }] },
            version);
        var all = await broker.AskAsync<DescribeLogDirsResponse>(new DescribeLogDirsRequest { Topics = null }, version);

        var described = Assert.Single(Assert.Single(one.Results).Topics);
        Assert.Equal([(0, 0L), (1, bytes.Length)], described.Partitions.Select(p => (p.PartitionIndex, p.PartitionSize)));
        Assert.Contains(all.Results[0].Topics, t => t.Name == topic && t.Partitions.Count == 2);
    }

    [Fact]
    public async Task Replicas_stay_in_the_one_log_dir()
    {
        var topic = await CreateAsync($"p-{Guid.NewGuid():N}", 1);
        var dir = (await broker.AskAsync<DescribeLogDirsResponse>(new DescribeLogDirsRequest { Topics = [] }, 4)).Results[0].LogDir;
        var request = new AlterReplicaLogDirsRequest
        {
            Dirs =
            {
                new() { Path = dir, Topics = { new() { Name = topic, Partitions = { 0, 1 } } } },
                new() { Path = "/elsewhere", Topics = { new() { Name = topic, Partitions = { 0 } } } },
            },
        };

        var answer = await broker.AskAsync<AlterReplicaLogDirsResponse>(request, 2);

        Assert.Equal(
            [ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.LogDirNotFound],
            answer.Results.SelectMany(r => r.Partitions).Select(p => (ErrorCode)p.ErrorCode));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_quorum_is_the_metadata_services(int version)
    {
        var answer = await DescribeQuorumAsync("__cluster_metadata", version);

        var partition = Assert.Single(Assert.Single(answer.Topics).Partitions);
        var voter = Assert.Single(partition.CurrentVoters);
        Assert.Equal((ErrorCode.None, voter.ReplicaId), ((ErrorCode)partition.ErrorCode, partition.LeaderId));
        Assert.True(partition.HighWatermark > 0 && voter.LogEndOffset >= partition.HighWatermark, $"{voter.LogEndOffset} {partition.HighWatermark}");
        Assert.True(partition.LeaderEpoch > 0);
        Assert.Empty(partition.Observers);
        Assert.Equal(version >= 2 ? [voter.ReplicaId] : [], answer.Nodes.Select(n => n.NodeId));
    }

    [Fact]
    public async Task No_other_quorum_is_described()
    {
        var answer = await DescribeQuorumAsync("t", 2);

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (ErrorCode)answer.Topics[0].Partitions[0].ErrorCode);
    }

    [Fact]
    public async Task A_broker_that_there_is_not_cannot_be_unregistered()
    {
        var answer = await broker.AskAsync<UnregisterBrokerResponse>(new UnregisterBrokerRequest { BrokerId = broker.NodeId + 1000 }, 0);

        Assert.Equal(ErrorCode.BrokerIdNotRegistered, (ErrorCode)answer.ErrorCode);
        Assert.NotNull(answer.ErrorMessage);
    }

    private async Task<DescribeQuorumResponse> DescribeQuorumAsync(string topic, int version) => await broker.AskAsync<DescribeQuorumResponse>(
        new DescribeQuorumRequest { Topics = { new() { TopicName = topic, Partitions = { new() { PartitionIndex = 0 } } } } }, version);

    private async Task<string> CreateAsync(string name, int partitions)
    {
        var answer = await broker.AskAsync<CreateTopicsResponse>(
            new CreateTopicsRequest { TimeoutMs = 30_000, Topics = { new() { Name = name, NumPartitions = partitions, ReplicationFactor = 1 } } }, 7);
        Assert.Equal(0, answer.Topics[0].ErrorCode);
        return name;
    }
}
