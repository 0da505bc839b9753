using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Topics;

/// <summary>
/// Answers what clients ask for through frontends: first what can be judged without a command, then one command for all that
/// is left, then the answers in the order of the questions.
/// </summary>
internal sealed class AdminService(MetadataNode node, TopicRules rules, ConfigRules configRules) : IAdminService
{
    private const int ProducerIdsMax = 100_000;

    public async Task<CreateTopicsResult> CreateTopicsAsync(CreateTopicsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var answers = new NewTopicResult?[request.Topics.Count];
        var command = new CreateTopics();
        var proposed = new List<int>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < request.Topics.Count; i++)
        {
            var wanted = request.Topics[i];
            var (topic, error, message) = names.Add(wanted.Name)
                ? node.Read(state => rules.Check(wanted, state))
                : (null, ErrorCode.InvalidRequest, "Duplicate topic name.");
            if (topic is null || request.ValidateOnly)
            {
                answers[i] = ToAnswer(wanted.Name, topic, error, message);
            }
            else
            {
                command.Topics.Add(topic);
                proposed.Add(i);
            }
        }

        if (proposed.Count > 0)
        {
            var result = await node.ProposeAsync<CreateTopicsResult>(
                new Command { CreateTopics = command }, cancellationToken);
            for (var i = 0; i < proposed.Count; i++)
            {
                answers[proposed[i]] = result.Topics[i];
            }
        }

        return new CreateTopicsResult { Topics = { answers }, ImageVersion = ImageVersion() };
    }

    public async Task<DeleteTopicsResult> DeleteTopicsAsync(DeleteTopicsCall request, CancellationToken cancellationToken)
    {
        var result = await node.ProposeAsync<DeleteTopicsResult>(new Command { DeleteTopics = request }, cancellationToken);
        result.ImageVersion = ImageVersion();
        return result;
    }

    public async Task<CreatePartitionsResult> CreatePartitionsAsync(
        CreatePartitionsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var answers = new TopicResult?[request.Topics.Count];
        var command = new CreatePartitionsCall();
        var proposed = new List<int>();
        for (var i = 0; i < request.Topics.Count; i++)
        {
            var more = request.Topics[i];
            var (error, message) = node.Read(state => state.TopicChanges.CheckPartitions(more));
            if (error == ErrorCode.None && TopicRules.FindPartitionsFault(more.Partitions) is { } fault)
            {
                (error, message) = (ErrorCode.InvalidPartitions, fault);
            }

            if (error != ErrorCode.None || request.ValidateOnly)
            {
                answers[i] = new TopicResult { Name = more.Name, ErrorCode = (int)error, ErrorMessage = message };
            }
            else
            {
                command.Topics.Add(more);
                proposed.Add(i);
            }
        }

        if (proposed.Count > 0)
        {
            var result = await node.ProposeAsync<CreatePartitionsResult>(
                new Command { CreatePartitions = command }, cancellationToken);
            for (var i = 0; i < proposed.Count; i++)
            {
                answers[proposed[i]] = result.Topics[i];
            }
        }

        return new CreatePartitionsResult { Topics = { answers }, ImageVersion = ImageVersion() };
    }

    public Task<DeleteRecordsResult> DeleteRecordsAsync(DeleteRecordsCall request, CancellationToken cancellationToken) =>
        node.ProposeAsync<DeleteRecordsResult>(new Command { DeleteRecords = request }, cancellationToken);

    public async Task<AlterConfigsResult> AlterConfigsAsync(AlterConfigsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var answers = new ConfigChangeResult?[request.Changes.Count];
        var command = new AlterConfigsCall();
        var proposed = new List<int>();
        for (var i = 0; i < request.Changes.Count; i++)
        {
            var change = request.Changes[i];
            var (error, message) = node.Read(state => configRules.Check(change, state));
            if (error != ErrorCode.None || request.ValidateOnly)
            {
                answers[i] = new ConfigChangeResult { ErrorCode = (int)error, ErrorMessage = message };
            }
            else
            {
                command.Changes.Add(change);
                proposed.Add(i);
            }
        }

        if (proposed.Count > 0)
        {
            var result = await node.ProposeAsync<AlterConfigsResult>(
                new Command { AlterConfigs = command }, cancellationToken);
            for (var i = 0; i < proposed.Count; i++)
            {
                answers[proposed[i]] = result.Results[i];
            }
        }

        return new AlterConfigsResult { Results = { answers }, ImageVersion = ImageVersion() };
    }

    public async Task<UpdateFeaturesResult> UpdateFeaturesAsync(UpdateFeaturesCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var (error, message) = node.Read(state => state.Features.Check(request));
        if (error == ErrorCode.None && !request.ValidateOnly)
        {
            var result = await node.ProposeAsync<UpdateFeaturesResult>(
                new Command { UpdateFeatures = request }, cancellationToken);
            result.ImageVersion = ImageVersion();
            return result;
        }

        return new UpdateFeaturesResult { ErrorCode = (int)error, ErrorMessage = message };
    }

    public async Task<DescribeLogsResult> DescribeLogsAsync(DescribeLogsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return node.Read(state => new DescribeLogsResult
        {
            SizeBytes = { request.LogIds.Select(logId => state.Topics.FindLog(logId)?.ByteSize ?? -1) },
        });
    }

    public Task<AllocateProducerIdsResult> AllocateProducerIdsAsync(
        AllocateProducerIdsCall request, CancellationToken cancellationToken)
    {
        if (request.Count is < 1 or > ProducerIdsMax)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "Producer ids are given out from 1 to 100,000 at once.");
        }

        return node.ProposeAsync<AllocateProducerIdsResult>(
            new Command { AllocateProducerIds = request }, cancellationToken);
    }

    private static NewTopicResult ToAnswer(string name, CreateTopic? topic, ErrorCode error, string message) => new()
    {
        Name = name,
        ErrorCode = (int)error,
        ErrorMessage = message,
        Partitions = topic?.Partitions ?? -1,
        ReplicationFactor = topic?.ReplicationFactor ?? -1,
    };

    private long ImageVersion() => node.Read(state => state.ImageVersion);
}
