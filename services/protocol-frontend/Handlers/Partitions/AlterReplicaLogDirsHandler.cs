using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Partitions;

/// <summary>AlterReplicaLogDirs (KIP-113): every replica is in the one folder there is; no other is to be had.</summary>
internal sealed class AlterReplicaLogDirsHandler(ClusterView cluster, ILogger<AlterReplicaLogDirsHandler> logger)
    : ApiHandler<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.AlterReplicaLogDirs;

    protected override async ValueTask<AlterReplicaLogDirsResponse> HandleAsync(RequestContext context, AlterReplicaLogDirsRequest request)
    {
        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        return Answer(request, (path, name, partition) =>
            path != LogDirs.Path ? ErrorCode.LogDirNotFound
            : image.FindTopic(name)?.TryGetLog(partition, out _) is true ? ErrorCode.None
            : ErrorCode.UnknownTopicOrPartition);
    }

    protected override AlterReplicaLogDirsResponse Fail(RequestContext context, AlterReplicaLogDirsRequest request, ErrorCode error) =>
        Answer(request, (_, _, _) => error);

    private static AlterReplicaLogDirsResponse Answer(AlterReplicaLogDirsRequest request, Func<string, string, int, ErrorCode> judge)
    {
        var response = new AlterReplicaLogDirsResponse();
        foreach (var dir in request.Dirs)
        {
            foreach (var topic in dir.Topics)
            {
                var result = new AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult { TopicName = topic.Name };
                foreach (var partition in topic.Partitions)
                {
                    result.Partitions.Add(new() { PartitionIndex = partition, ErrorCode = (short)judge(dir.Path, topic.Name, partition) });
                }

                response.Results.Add(result);
            }
        }

        return response;
    }
}
