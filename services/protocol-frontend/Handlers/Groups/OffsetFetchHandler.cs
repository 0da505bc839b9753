using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;

namespace Spillway.ProtocolFrontend.Handlers.Groups;

/// <summary>OffsetFetch: of one group, or (v8 and later) of many, each with its own outcome.</summary>
internal sealed class OffsetFetchHandler(IGroupService groups, ClusterView cluster, ILogger<OffsetFetchHandler> logger)
    : ApiHandler<OffsetFetchRequest, OffsetFetchResponse>(logger)
{
    private const short GroupErrorVersion = 2;
    private const short ManyGroupsVersion = 8;
    private const short TopicIdVersion = 10;

    private readonly GroupOffsetReader _reader = new(groups, cluster);

    public override ApiKey ApiKey => ApiKey.OffsetFetch;

    protected override async ValueTask<OffsetFetchResponse> HandleAsync(RequestContext context, OffsetFetchRequest request)
    {
        var version = context.ApiVersion;
        if (version < ManyGroupsVersion)
        {
            var answer = await _reader.ReadAsync(AsGroup(request), request.RequireStable, byId: false, context.Aborted)
                .ConfigureAwait(false);
            return ToSingle(answer, version);
        }

        var response = new OffsetFetchResponse();
        foreach (var asked in request.Groups)
        {
            response.Groups.Add(await ReadAsync(context, asked, request.RequireStable).ConfigureAwait(false));
        }

        return response;
    }

    protected override OffsetFetchResponse Fail(RequestContext context, OffsetFetchRequest request, ErrorCode error)
    {
        if (context.ApiVersion < ManyGroupsVersion)
        {
            return ToSingle(GroupOffsetReader.Failed(AsGroup(request), error), context.ApiVersion);
        }

        var response = new OffsetFetchResponse();
        foreach (var asked in request.Groups)
        {
            response.Groups.Add(new() { GroupId = asked.GroupId, ErrorCode = (short)error });
        }

        return response;
    }

    // One group's trouble is that group's; the others go on.
    private async ValueTask<OffsetFetchResponse.OffsetFetchResponseGroup> ReadAsync(
        RequestContext context, OffsetFetchRequest.OffsetFetchRequestGroup asked, bool requireStable)
    {
        try
        {
            return await _reader.ReadAsync(asked, requireStable, context.ApiVersion >= TopicIdVersion, context.Aborted)
                .ConfigureAwait(false);
        }
        catch (RpcException failure)
        {
            return new() { GroupId = asked.GroupId, ErrorCode = (short)FailureTranslation.ToErrorCode(ApiKey, failure) };
        }
    }

    private static OffsetFetchRequest.OffsetFetchRequestGroup AsGroup(OffsetFetchRequest request)
    {
        var group = new OffsetFetchRequest.OffsetFetchRequestGroup { GroupId = request.GroupId, Topics = null };
        if (request.Topics is not null)
        {
            group.Topics = [];
            foreach (var asked in request.Topics)
            {
                group.Topics.Add(new() { Name = asked.Name, PartitionIndexes = asked.PartitionIndexes });
            }
        }

        return group;
    }

    private static OffsetFetchResponse ToSingle(OffsetFetchResponse.OffsetFetchResponseGroup answer, short version)
    {
        var response = new OffsetFetchResponse { ErrorCode = version >= GroupErrorVersion ? answer.ErrorCode : (short)0 };
        foreach (var from in answer.Topics)
        {
            var topic = new OffsetFetchResponse.OffsetFetchResponseTopic { Name = from.Name };
            foreach (var partition in from.Partitions)
            {
                topic.Partitions.Add(new()
                {
                    PartitionIndex = partition.PartitionIndex,
                    CommittedOffset = partition.CommittedOffset,
                    CommittedLeaderEpoch = partition.CommittedLeaderEpoch,
                    Metadata = partition.Metadata,
                    ErrorCode = version >= GroupErrorVersion || partition.ErrorCode != 0 ? partition.ErrorCode : answer.ErrorCode,
                });
            }

            response.Topics.Add(topic);
        }

        return response;
    }
}
