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

        var response = new DeleteTopicsResponse();
        var call = new DeleteTopicsCall();
        call.Topics.AddRange(References(context, Sift(request, response)));
        if (call.Topics.Count == 0)
        {
            return response;
        }

        var reply = await admin.DeleteTopicsAsync(call, context.Aborted).ConfigureAwait(false);
        await cluster.WhenAtLeastAsync(reply.ImageVersion, context.Aborted).ConfigureAwait(false);
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

    /// <summary>The request without what is asked twice or not clearly, which is refused once and deletes nothing.</summary>
    private DeleteTopicsRequest Sift(DeleteTopicsRequest request, DeleteTopicsResponse response)
    {
        var clear = new DeleteTopicsRequest { TimeoutMs = request.TimeoutMs };
        foreach (var name in request.TopicNames.GroupBy(static name => name, StringComparer.Ordinal))
        {
            if (name.Count() == 1)
            {
                clear.TopicNames.Add(name.Key);
            }
            else
            {
                Refuse(name.Key, Guid.Empty, "Duplicate topic name.");
            }
        }

        foreach (var topic in request.Topics.GroupBy(static topic => (topic.Name, topic.TopicId)))
        {
            var (name, id) = topic.Key;
            if (FindFault(name, id, topic.Count(), request) is { } fault)
            {
                Refuse(name, id, fault);
            }
            else
            {
                clear.Topics.Add(topic.First());
            }
        }

        return clear;

        void Refuse(string? name, Guid id, string message) => response.Responses.Add(
            new() { Name = name, TopicId = id, ErrorCode = (short)ErrorCode.InvalidRequest, ErrorMessage = message });
    }

    private string? FindFault(string? name, Guid id, int count, DeleteTopicsRequest request) => (name, id == Guid.Empty) switch
    {
        (null, true) => "Neither topic name nor id were specified.",
        (not null, false) => "You may not specify both topic name and topic id.",
        _ when count > 1 => name is null ? "Duplicate topic id." : "Duplicate topic name.",
        (null, false) => cluster.Image.FindTopic(id) is { } known && request.Topics.Exists(topic => topic.Name == known.Name)
            ? "The provided topic id is that of a name that was already supplied."
            : null,
        _ => cluster.Image.FindTopic(name!) is { } known && request.Topics.Exists(topic => topic.TopicId == known.TopicId)
            ? "The provided topic name maps to an ID that was already supplied."
            : null,
    };

    private static IEnumerable<TopicReference> References(RequestContext context, DeleteTopicsRequest request) =>
        context.ApiVersion < TopicIdVersion
            ? request.TopicNames.Select(static name => new TopicReference { Name = name })
            : request.Topics.Select(static topic => topic.Name is { } name
                ? new TopicReference { Name = name }
                : new TopicReference { TopicId = ByteString.CopyFrom(topic.TopicId.ToByteArray(bigEndian: true)) });
}
