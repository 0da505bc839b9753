using System.Buffers;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Chaos.Clients;

/// <summary>
/// A member of a consumer group, classic protocol, range over all partitions of its topics. Each call is one request; an error is Kafka's
/// name of it, and what to do about it is the caller's. Not thread-safe.
/// </summary>
internal sealed class GroupMember(ClusterConnections cluster, string group, IReadOnlyList<TopicPartition> partitions)
{
    private const string Protocol = "range";
    private const int SessionMs = 8_000;
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private BrokerAddress? _coordinator;
    private string _memberId = "";
    private int _generation = -1;

    public string Group => group;

    /// <summary>Joins or joins again; the result is what it may read.</summary>
    public async Task<(IReadOnlyList<TopicPartition>? Assigned, string? Error)> JoinAsync()
    {
        var request = new JoinGroupRequest
        {
            GroupId = group,
            SessionTimeoutMs = SessionMs,
            RebalanceTimeoutMs = SessionMs,
            MemberId = _memberId,
            ProtocolType = "consumer",
            Protocols = { new JoinGroupRequest.JoinGroupRequestProtocol { Name = Protocol, Metadata = Subscription() } },
        };
        var (joined, error) = await CallAsync(ApiKey.JoinGroup, 5, request, JoinGroupResponse.Read, static answer => answer.ErrorCode);
        if (joined is null)
        {
            return (null, error);
        }

        _memberId = joined.MemberId;
        if (error is not null)
        {
            Forget(error);
            return (null, error);
        }

        _generation = joined.GenerationId;
        return await SyncAsync(joined);
    }

    public async Task<string?> HeartbeatAsync()
    {
        var request = new HeartbeatRequest { GroupId = group, GenerationId = _generation, MemberId = _memberId };
        var (_, error) = await CallAsync(ApiKey.Heartbeat, 3, request, HeartbeatResponse.Read, static answer => answer.ErrorCode);
        Forget(error);
        return error;
    }

    /// <summary>Commits positions as a member of this generation.</summary>
    public async Task<string?> CommitAsync(IReadOnlyDictionary<TopicPartition, long> positions)
    {
        var request = new OffsetCommitRequest { GroupId = group, GenerationIdOrMemberEpoch = _generation, MemberId = _memberId };
        foreach (var topic in positions.GroupBy(static position => position.Key.Topic))
        {
            var committed = new OffsetCommitRequest.OffsetCommitRequestTopic { Name = topic.Key };
            committed.Partitions.AddRange(topic.Select(static position => new OffsetCommitRequest.OffsetCommitRequestPartition
            {
                PartitionIndex = position.Key.Partition,
                CommittedOffset = position.Value,
                CommittedMetadata = "",
            }));
            request.Topics.Add(committed);
        }

        var (_, error) = await CallAsync(
            ApiKey.OffsetCommit,
            7,
            request,
            OffsetCommitResponse.Read,
            static answer => answer.Topics.SelectMany(static topic => topic.Partitions)
                .Select(static partition => partition.ErrorCode).FirstOrDefault(static code => code != 0));
        Forget(error);
        return error;
    }

    /// <summary>The group's offsets, −1 where it has none.</summary>
    public async Task<(IReadOnlyDictionary<TopicPartition, long>? Offsets, string? Error)> FetchOffsetsAsync(
        IReadOnlyList<TopicPartition> wanted)
    {
        var request = new OffsetFetchRequest { GroupId = group, Topics = [] };
        foreach (var topic in wanted.GroupBy(static partition => partition.Topic))
        {
            var asked = new OffsetFetchRequest.OffsetFetchRequestTopic { Name = topic.Key };
            asked.PartitionIndexes.AddRange(topic.Select(static partition => partition.Partition));
            request.Topics.Add(asked);
        }

        var (answer, error) = await CallAsync(
            ApiKey.OffsetFetch,
            5,
            request,
            OffsetFetchResponse.Read,
            static answer => answer.ErrorCode != 0
                ? answer.ErrorCode
                : answer.Topics.SelectMany(static topic => topic.Partitions)
                    .Select(static partition => partition.ErrorCode).FirstOrDefault(static code => code != 0));
        return error is not null || answer is null
            ? (null, error)
            : (answer.Topics
                .SelectMany(static topic => topic.Partitions.Select(partition =>
                    (Key: new TopicPartition(topic.Name, partition.PartitionIndex), partition.CommittedOffset)))
                .ToDictionary(static offset => offset.Key, static offset => offset.CommittedOffset), null);
    }

    private async Task<(IReadOnlyList<TopicPartition>? Assigned, string? Error)> SyncAsync(JoinGroupResponse joined)
    {
        var request = new SyncGroupRequest { GroupId = group, GenerationId = _generation, MemberId = _memberId };
        if (joined.Leader == _memberId)
        {
            request.Assignments.AddRange(Assign([.. joined.Members.Select(static member => member.MemberId)]));
        }

        var (synced, error) = await CallAsync(ApiKey.SyncGroup, 3, request, SyncGroupResponse.Read, static answer => answer.ErrorCode);
        Forget(error);
        if (synced is null || error is not null)
        {
            return (null, error);
        }

        return (ReadAssignment(synced.Assignment), null);
    }

    private IEnumerable<SyncGroupRequest.SyncGroupRequestAssignment> Assign(List<string> members)
    {
        members.Sort(StringComparer.Ordinal);
        for (var i = 0; i < members.Count; i++)
        {
            var assignment = new ConsumerProtocolAssignment();
            foreach (var topic in partitions.Where((_, number) => number % members.Count == i).GroupBy(static partition => partition.Topic))
            {
                var assigned = new ConsumerProtocolAssignment.TopicPartition { Topic = topic.Key };
                assigned.Partitions.AddRange(topic.Select(static partition => partition.Partition));
                assignment.AssignedPartitions.Add(assigned);
            }

            yield return new SyncGroupRequest.SyncGroupRequestAssignment { MemberId = members[i], Assignment = Versioned(assignment) };
        }
    }

    private byte[] Subscription()
    {
        var subscription = new ConsumerProtocolSubscription();
        subscription.Topics.AddRange(partitions.Select(static partition => partition.Topic).Distinct());
        return Versioned(subscription);
    }

    // consumer protocol bytes = int16 version, message of that version
    private static byte[] Versioned(IKafkaMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteInt16(0);
        message.Write(ref writer, 0);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static List<TopicPartition> ReadAssignment(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return [];
        }

        var reader = new WireReader(bytes.ToArray());
        var version = reader.ReadInt16();
        return
        [
            .. ConsumerProtocolAssignment.Read(ref reader, version).AssignedPartitions
                .SelectMany(static topic => topic.Partitions.Select(partition => new TopicPartition(topic.Topic, partition))),
        ];
    }

    private async Task<(TResponse? Answer, string? Error)> CallAsync<TResponse>(
        ApiKey apiKey, short version, IKafkaRequest request, ReadMessage<TResponse> read, Func<TResponse, short> errorOf)
        where TResponse : class
    {
        try
        {
            _coordinator ??= await FindCoordinatorAsync();
            if (_coordinator is not { } coordinator)
            {
                return (null, "COORDINATOR_NOT_AVAILABLE");
            }

            var connection = await cluster.ConnectAsync(coordinator);
            var answer = await connection.CallAsync(apiKey, version, request, read, AnswerTime);
            var error = (ErrorCode)errorOf(answer);
            if (error is ErrorCode.NotCoordinator or ErrorCode.CoordinatorNotAvailable)
            {
                _coordinator = null;
            }

            return (answer, error == ErrorCode.None ? null : ErrorCodes.KafkaName(error));
        }
        catch (NoAnswerException e)
        {
            _coordinator = null;
            return (null, e.Error);
        }
    }

    private async Task<BrokerAddress?> FindCoordinatorAsync()
    {
        var connection = await cluster.ConnectAsync(cluster.AnyBroker());
        var request = new FindCoordinatorRequest { Key = group };
        var answer = await connection.CallAsync(ApiKey.FindCoordinator, 2, request, FindCoordinatorResponse.Read, AnswerTime);
        return answer.ErrorCode == 0 ? new BrokerAddress(answer.Host, answer.Port) : null;
    }

    /// <summary>A member that the group does not know has to come as a new one.</summary>
    private void Forget(string? error)
    {
        if (error is "UNKNOWN_MEMBER_ID")
        {
            (_memberId, _generation) = ("", -1);
        }
    }
}
