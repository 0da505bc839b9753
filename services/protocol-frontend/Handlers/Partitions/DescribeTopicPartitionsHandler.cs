using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Partitions;

/// <summary>
/// DescribeTopicPartitions (KIP-966): topics in the order of their names, as many partitions at once as the client and
/// max.request.partition.size.limit allow, and a cursor to where the next answer begins.
/// </summary>
internal sealed class DescribeTopicPartitionsHandler(
    ClusterView cluster,
    Brokers brokers,
    ClientZones zones,
    BrokerSettings settings,
    ILogger<DescribeTopicPartitionsHandler> logger)
    : ApiHandler<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.DescribeTopicPartitions;

    protected override async ValueTask<DescribeTopicPartitionsResponse> HandleAsync(
        RequestContext context, DescribeTopicPartitionsRequest request)
    {
        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var wantsAll = request.Topics.Count == 0;
        if (request.CursorValue is { } cursor
            && (cursor.PartitionIndex < 0 || (!wantsAll && !request.Topics.Exists(topic => topic.Name == cursor.TopicName))))
        {
            return Fail(context, request, ErrorCode.InvalidRequest);
        }

        var from = request.CursorValue?.TopicName ?? "";
        var names = (wantsAll ? image.TopicsByName.Keys : request.Topics.Select(static topic => topic.Name))
            .Where(name => string.CompareOrdinal(name, from) >= 0)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        var zone = zones.Find(context.ClientId, context.ClientAddress);
        return Describe(image, names, request, zone);
    }

    // The answer has no error of its own: as in Kafka, each topic that was asked for has it.
    protected override DescribeTopicPartitionsResponse Fail(
        RequestContext context, DescribeTopicPartitionsRequest request, ErrorCode error)
    {
        var response = new DescribeTopicPartitionsResponse();
        foreach (var topic in request.Topics)
        {
            response.Topics.Add(new() { Name = topic.Name, ErrorCode = (short)error });
        }

        return response;
    }

    private DescribeTopicPartitionsResponse Describe(
        ClusterImage image, IEnumerable<string> names, DescribeTopicPartitionsRequest request, string zone)
    {
        var limit = settings.Current.Int("max.request.partition.size.limit");
        var left = Math.Max(Math.Min(limit, request.ResponsePartitionLimit), 1);
        var response = new DescribeTopicPartitionsResponse();
        foreach (var name in names)
        {
            if (left == 0)
            {
                response.NextCursor = new() { TopicName = name, PartitionIndex = 0 };
                break;
            }

            if (image.FindTopic(name) is not { } topic)
            {
                var error = TopicName.TryValidate(name, out _) ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopicException;
                response.Topics.Add(new() { Name = name, ErrorCode = (short)error });
                continue;
            }

            var first = request.CursorValue is { } cursor && cursor.TopicName == name ? cursor.PartitionIndex : 0;
            var end = (int)Math.Min(topic.PartitionCount, (long)first + left);
            response.Topics.Add(Describe(topic, first, end, zone));
            left -= Math.Max(end - first, 0);
            if (end < topic.PartitionCount)
            {
                response.NextCursor = new() { TopicName = name, PartitionIndex = end };
                break;
            }
        }

        return response;
    }

    private DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic Describe(TopicView topic, int first, int end, string zone)
    {
        var described = new DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
            TopicAuthorizedOperations = AuthorizedOperations.Topic,
        };
        for (var partition = first; partition < end; partition++)
        {
            var replicas = brokers.ReplicasOf(topic.TopicId, partition);
            described.Partitions.Add(new()
            {
                PartitionIndex = partition,
                LeaderId = brokers.LeaderOf(zone, topic.TopicId, partition),
                // Constant, as in Metadata.
                LeaderEpoch = 0,
                ReplicaNodes = replicas,
                IsrNodes = replicas,
                EligibleLeaderReplicas = [],
                LastKnownElr = [],
            });
        }

        return described;
    }
}
