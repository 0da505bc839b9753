using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Partitions;

/// <summary>
/// DescribeLogDirs: one folder, with those partitions whose replicas this broker is shown among, and their bytes in WAL and object store
/// together. Free room is not known (-1): it is the store's.
/// </summary>
internal sealed class DescribeLogDirsHandler(
    IAdminService admin, ClusterView cluster, Brokers brokers, ILogger<DescribeLogDirsHandler> logger)
    : ApiHandler<DescribeLogDirsRequest, DescribeLogDirsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.DescribeLogDirs;

    protected override async ValueTask<DescribeLogDirsResponse> HandleAsync(RequestContext context, DescribeLogDirsRequest request)
    {
        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var result = new DescribeLogDirsResponse.DescribeLogDirsResult { LogDir = LogDirs.Path };
        var call = new DescribeLogsCall();
        foreach (var (topic, partitions) in Asked(image, request))
        {
            Add(result, call, topic, partitions);
        }

        await FillAsync(result, call, context.Aborted).ConfigureAwait(false);
        return new DescribeLogDirsResponse { Results = { result } };
    }

    protected override DescribeLogDirsResponse Fail(RequestContext context, DescribeLogDirsRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };

    private static IEnumerable<(TopicView Topic, IEnumerable<int> Partitions)> Asked(ClusterImage image, DescribeLogDirsRequest request)
    {
        if (request.Topics is null)
        {
            return image.TopicsByName.Values.Select(static topic => (topic, Enumerable.Range(0, topic.PartitionCount)));
        }

        return request.Topics
            .Select(asked => (Topic: image.FindTopic(asked.Topic), Partitions: asked.Partitions.Distinct()))
            .Where(static asked => asked.Topic is not null)
            .Select(static asked => (asked.Topic!, asked.Partitions));
    }

    private void Add(
        DescribeLogDirsResponse.DescribeLogDirsResult result, DescribeLogsCall call, TopicView topic, IEnumerable<int> partitions)
    {
        var described = new DescribeLogDirsResponse.DescribeLogDirsTopic { Name = topic.Name };
        foreach (var partition in partitions)
        {
            if (topic.TryGetLog(partition, out var logId) && brokers.ReplicasOf(topic.TopicId, partition).Contains(brokers.OwnNodeId))
            {
                described.Partitions.Add(new() { PartitionIndex = partition });
                call.LogIds.Add(logId.Value);
            }
        }

        if (described.Partitions.Count > 0)
        {
            result.Topics.Add(described);
        }
    }

    private async ValueTask FillAsync(
        DescribeLogDirsResponse.DescribeLogDirsResult result, DescribeLogsCall call, CancellationToken cancellationToken)
    {
        if (call.LogIds.Count == 0)
        {
            return;
        }

        var reply = await admin.DescribeLogsAsync(call, cancellationToken).ConfigureAwait(false);
        var next = 0;
        foreach (var topic in result.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                partition.PartitionSize = Math.Max(reply.SizeBytes[next++], 0);
            }
        }
    }
}
