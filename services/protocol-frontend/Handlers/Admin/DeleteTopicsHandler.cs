using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>DeleteTopics, by name or (v6 and later) by id.</summary>
internal sealed class DeleteTopicsHandler(
    IAdminService admin, ClusterView cluster, BrokerSettings settings, ILogger<DeleteTopicsHandler> logger)
    : ApiHandler<DeleteTopicsRequest, DeleteTopicsResponse>(logger)
{
    private const short TopicIdVersion = 6;
    private const short DisabledVersion = 3;

    public override ApiKey ApiKey => ApiKey.DeleteTopics;

    protected override async ValueTask<DeleteTopicsResponse> HandleAsync(RequestContext context, DeleteTopicsRequest request)
    {
        if (!settings.Current.DeleteTopicEnable)
        {
            // KIP-322: clients before this version know no better word.
            return Fail(context, request, context.ApiVersion < DisabledVersion ? ErrorCode.InvalidRequest : ErrorCode.TopicDeletionDisabled);
        }

        var call = new DeleteTopicsCall();
        call.Topics.AddRange(References(context, request));
        var reply = await admin.DeleteTopicsAsync(call, context.Aborted).ConfigureAwait(false);
        await cluster.WhenAtLeastAsync(reply.ImageVersion, context.Aborted).ConfigureAwait(false);
        var response = new DeleteTopicsResponse();
        foreach (var result in reply.Topics)
        {
            response.Responses.Add(new()
            {
                Name = result.Name.Length == 0 && context.ApiVersion >= TopicIdVersion ? null : result.Name,
                TopicId = result.TopicId.IsEmpty ? Guid.Empty : new Guid(result.TopicId.Span, bigEndian: true),
                ErrorCode = (short)result.ErrorCode,
                ErrorMessage = result.ErrorMessage.Length == 0 ? null : result.ErrorMessage,
            });
        }

        return response;
    }

    protected override DeleteTopicsResponse Fail(RequestContext context, DeleteTopicsRequest request, ErrorCode error)
    {
        var response = new DeleteTopicsResponse();
        foreach (var topic in References(context, request))
        {
            response.Responses.Add(new()
            {
                Name = topic.Name.Length == 0 && context.ApiVersion >= TopicIdVersion ? null : topic.Name,
                TopicId = topic.TopicId.IsEmpty ? Guid.Empty : new Guid(topic.TopicId.Span, bigEndian: true),
                ErrorCode = (short)error,
            });
        }

        return response;
    }

    private static IEnumerable<TopicReference> References(RequestContext context, DeleteTopicsRequest request) =>
        context.ApiVersion < TopicIdVersion
            ? request.TopicNames.Select(static name => new TopicReference { Name = name })
            : request.Topics.Select(static topic => topic.Name is { } name
                ? new TopicReference { Name = name }
                : new TopicReference { TopicId = ByteString.CopyFrom(topic.TopicId.ToByteArray(bigEndian: true)) });
}
