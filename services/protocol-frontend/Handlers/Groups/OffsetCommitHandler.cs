using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>OffsetCommit. Offsets belong to topic ids; clients before v10 say names.</summary>
internal sealed class OffsetCommitHandler(IGroupService groups, ClusterView cluster, ILogger<OffsetCommitHandler> logger)
    : ApiHandler<OffsetCommitRequest, OffsetCommitResponse>(logger)
{
    private const short RetentionVersionMax = 4;
    private const short MemberEpochVersion = 9;
    private const short TopicIdVersion = 10;

    // KIP-848: from this version on both group protocols say so of a group that there is not.
    private const short GroupNotFoundVersion = 9;

    public override ApiKey ApiKey => ApiKey.OffsetCommit;

    protected override async ValueTask<OffsetCommitResponse> HandleAsync(RequestContext context, OffsetCommitRequest request)
    {
        var byId = context.ApiVersion >= TopicIdVersion;
        var image = request.Topics.TrueForAll(topic => Knows(cluster.Image, topic, byId))
            ? cluster.Image
            : await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var call = new CommitOffsetsCall
        {
            GroupId = request.GroupId,
            GenerationId = request.GenerationIdOrMemberEpoch,
            MemberId = request.MemberId,
            KnowsMemberEpochs = context.ApiVersion >= MemberEpochVersion,
        };
        if (request.GroupInstanceId is not null)
        {
            call.GroupInstanceId = request.GroupInstanceId;
        }

        if (context.ApiVersion <= RetentionVersionMax && request.RetentionTimeMs >= 0)
        {
            call.RetentionMs = request.RetentionTimeMs;
        }

        var waiting = new List<OffsetCommitResponse.OffsetCommitResponsePartition>();
        var response = Prepare(image, request, byId, call, waiting);
        if (waiting.Count > 0)
        {
            var result = await groups.CommitOffsetsAsync(call, context.Aborted).ConfigureAwait(false);
            for (var i = 0; i < waiting.Count; i++)
            {
                waiting[i].ErrorCode = (short)ForVersion((ErrorCode)result.ErrorCodes[i], context.ApiVersion);
            }
        }

        return response;
    }

    protected override OffsetCommitResponse Fail(RequestContext context, OffsetCommitRequest request, ErrorCode error)
    {
        var response = new OffsetCommitResponse();
        foreach (var asked in request.Topics)
        {
            var topic = new OffsetCommitResponse.OffsetCommitResponseTopic { Name = asked.Name, TopicId = asked.TopicId };
            foreach (var partition in asked.Partitions)
            {
                topic.Partitions.Add(new() { PartitionIndex = partition.PartitionIndex, ErrorCode = (short)error });
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    private static TopicView? Find(ClusterImage image, OffsetCommitRequest.OffsetCommitRequestTopic topic, bool byId) =>
        byId ? image.FindTopic(topic.TopicId) : image.FindTopic(topic.Name);

    private static bool Knows(ClusterImage image, OffsetCommitRequest.OffsetCommitRequestTopic topic, bool byId) =>
        Find(image, topic, byId) is { } known
        && topic.Partitions.TrueForAll(partition => known.TryGetLog(partition.PartitionIndex, out _));

    private static OffsetCommitResponse Prepare(
        ClusterImage image,
        OffsetCommitRequest request,
        bool byId,
        CommitOffsetsCall call,
        List<OffsetCommitResponse.OffsetCommitResponsePartition> waiting)
    {
        var response = new OffsetCommitResponse();
        foreach (var asked in request.Topics)
        {
            var known = Find(image, asked, byId);
            var id = known is null ? ByteString.Empty : TopicIdBytes.Write(known.TopicId);
            var topic = new OffsetCommitResponse.OffsetCommitResponseTopic { Name = asked.Name, TopicId = asked.TopicId };
            foreach (var partition in asked.Partitions)
            {
                var result = new OffsetCommitResponse.OffsetCommitResponsePartition { PartitionIndex = partition.PartitionIndex };
                topic.Partitions.Add(result);
                if (known is null)
                {
                    result.ErrorCode = (short)(byId ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition);
                    continue;
                }

                waiting.Add(result);
                call.Offsets.Add(new OffsetToCommit
                {
                    TopicId = id,
                    Partition = partition.PartitionIndex,
                    Offset = partition.CommittedOffset,
                    LeaderEpoch = partition.CommittedLeaderEpoch,
                    Metadata = partition.CommittedMetadata ?? "",
                });
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    // Metadata knows ids only: a client that said a name is not told about an id that it never saw.
    private static ErrorCode ForVersion(ErrorCode error, short version) => error switch
    {
        ErrorCode.UnknownTopicId when version < TopicIdVersion => ErrorCode.UnknownTopicOrPartition,
        ErrorCode.GroupIdNotFound when version < GroupNotFoundVersion => ErrorCode.IllegalGeneration,
        _ => error,
    };
}
