using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Handlers.Configs;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>
/// CreateTopics. The answer waits until this frontend shows the topics. Of several mistakes in a topic Kafka names one; metadata knows which
/// comes first, so what is wrong here goes to it with the topic.
/// </summary>
internal sealed class CreateTopicsHandler(
    IAdminService admin,
    ClusterView cluster,
    ConfigAnswers configs,
    ReplicaAssignments assignments,
    ILogger<CreateTopicsHandler> logger)
    : ApiHandler<CreateTopicsRequest, CreateTopicsResponse>(logger)
{
    // KIP-525: from this version on the answer tells the topic's configs.
    private const short ConfigsVersion = 5;

    public override ApiKey ApiKey => ApiKey.CreateTopics;

    protected override async ValueTask<CreateTopicsResponse> HandleAsync(RequestContext context, CreateTopicsRequest request)
    {
        var call = new CreateTopicsCall { ValidateOnly = request.ValidateOnly };
        var results = new Dictionary<string, CreateTopicsResponse.CreatableTopicResult>(StringComparer.Ordinal);
        foreach (var topic in request.Topics)
        {
            if (!results.TryAdd(topic.Name, new() { Name = topic.Name, NumPartitions = -1, ReplicationFactor = -1 }))
            {
                Refuse(results[topic.Name], ErrorCode.InvalidRequest, "Duplicate topic name.");
            }
        }

        foreach (var topic in request.Topics.Where(topic => results[topic.Name].ErrorCode == 0))
        {
            call.Topics.Add(Convert(topic));
        }

        if (call.Topics.Count > 0)
        {
            await CreateAsync(call, results, context).ConfigureAwait(false);
        }

        var response = new CreateTopicsResponse();
        response.Topics.AddRange(results.Values);
        return response;
    }

    protected override CreateTopicsResponse Fail(RequestContext context, CreateTopicsRequest request, ErrorCode error)
    {
        var response = new CreateTopicsResponse();
        foreach (var topic in request.Topics)
        {
            response.Topics.Add(new() { Name = topic.Name, ErrorCode = (short)error, NumPartitions = -1, ReplicationFactor = -1 });
        }

        return response;
    }

    private static void Refuse(CreateTopicsResponse.CreatableTopicResult result, ErrorCode error, string message) =>
        (result.ErrorCode, result.ErrorMessage) = ((short)error, message);

    private NewTopicFault? FindFault(CreateTopicsRequest.CreatableTopic topic)
    {
        var nulls = topic.Configs.FindAll(static config => config.Value is null);
        if (nulls.Count > 0)
        {
            var names = string.Join(",", nulls.Select(static config => config.Name));
            return Fault(ErrorCode.InvalidConfig, $"Null value not supported for topic configs: {names}");
        }

        if (topic.Assignments.Count == 0)
        {
            return null;
        }

        if (topic.NumPartitions != -1 || topic.ReplicationFactor != -1)
        {
            return Fault(ErrorCode.InvalidRequest, "With an assignment, partitions and replication factor must be -1.");
        }

        var indexes = topic.Assignments.Select(static assignment => assignment.PartitionIndex).Order();
        var fault = indexes.SequenceEqual(Enumerable.Range(0, topic.Assignments.Count))
            ? assignments.FindFault(topic.Assignments.Select(static assignment => assignment.BrokerIds))
            : "The manual partition assignment must name partitions 0, 1, 2, …, each once.";
        return fault is null ? null : Fault(ErrorCode.InvalidReplicaAssignment, fault);
    }

    private static NewTopicFault Fault(ErrorCode error, string message) => new() { ErrorCode = (int)error, ErrorMessage = message };

    // Nobody keeps replicas: an assignment tells how many partitions there are to be, and how many zones to show.
    private NewTopic Convert(CreateTopicsRequest.CreatableTopic topic)
    {
        var assigned = topic.Assignments.Count > 0;
        var converted = new NewTopic
        {
            Name = topic.Name,
            Partitions = assigned ? topic.Assignments.Count : topic.NumPartitions,
            ReplicationFactor = assigned ? topic.Assignments[0].BrokerIds.Count : topic.ReplicationFactor,
            Fault = FindFault(topic),
        };
        foreach (var config in topic.Configs.Where(static config => config.Value is not null))
        {
            converted.Configs[config.Name] = config.Value!;
        }

        return converted;
    }

    private async ValueTask CreateAsync(
        CreateTopicsCall call, Dictionary<string, CreateTopicsResponse.CreatableTopicResult> results, RequestContext context)
    {
        var reply = await admin.CreateTopicsAsync(call, context.Aborted).ConfigureAwait(false);
        if (!call.ValidateOnly)
        {
            await cluster.WhenAtLeastAsync(reply.ImageVersion, context.Aborted).ConfigureAwait(false);
        }

        var asked = call.Topics.ToDictionary(static topic => topic.Name, StringComparer.Ordinal);
        foreach (var topic in reply.Topics)
        {
            var result = results[topic.Name];
            if (topic.ErrorCode != 0)
            {
                Refuse(result, (ErrorCode)topic.ErrorCode, topic.ErrorMessage);
                continue;
            }

            result.TopicId = topic.TopicId.IsEmpty ? Guid.Empty : new Guid(topic.TopicId.Span, bigEndian: true);
            result.NumPartitions = topic.Partitions;
            result.ReplicationFactor = (short)topic.ReplicationFactor;
            if (context.ApiVersion >= ConfigsVersion)
            {
                result.Configs = configs.ForCreation(asked[topic.Name].Configs);
            }
        }
    }
}
