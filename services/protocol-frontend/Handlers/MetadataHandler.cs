using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>Metadata: topics, and for each partition the frontend of the client's own zone as its leader (design.md §7).</summary>
internal sealed class MetadataHandler(
    ClusterView cluster,
    Brokers brokers,
    ClientZones zones,
    TopicAutoCreation autoCreation,
    BrokerSettings settings,
    TimeProvider time,
    ILogger<MetadataHandler> logger) : ApiHandler<MetadataRequest, MetadataResponse>(logger)
{
    // KIP-516: the schema has ids from v10 on, but Kafka's brokers look topics up by them from this version on.
    private const short TopicIdVersion = 12;

    public override ApiKey ApiKey => ApiKey.Metadata;

    public override RequestOrder Order => RequestOrder.Ahead;

    protected override async ValueTask<MetadataResponse> HandleAsync(RequestContext context, MetadataRequest request)
    {
        var image = cluster.Image;
        var wantsAll = request.Topics is null || (context.ApiVersion == 0 && request.Topics.Count == 0);
        if (!wantsAll && context.ApiVersion < TopicIdVersion && request.Topics!.Exists(static topic => topic.TopicId != Guid.Empty || topic.Name is null))
        {
            return Refuse(request);
        }

        var asked = wantsAll ? [] : ChooseIds(request.Topics!);
        if (!KnowsAll(image, asked))
        {
            // Unknown is only what the leader says is unknown: clients create topics or give up on that word.
            image = await cluster.GetCurrentAsync(context.Aborted).WaitAsync(settings.RequestTimeout, time).ConfigureAwait(false);
        }

        var zone = zones.Find(context.ClientId, context.ClientAddress);
        var response = new MetadataResponse
        {
            ClusterId = ClusterIds.Format(image.ClusterId),
            ControllerId = brokers.OwnNodeId,
            ClusterAuthorizedOperations =
                request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.Cluster : AuthorizedOperations.NotAsked,
        };
        AddBrokers(response);
        if (wantsAll)
        {
            foreach (var topic in image.TopicsByName.Values)
            {
                response.Topics.Add(Describe(topic, zone, request));
            }

            return response;
        }

        await AddTopicsAsync(response, image, asked, request, zone, context).ConfigureAwait(false);
        return response;
    }

    protected override MetadataResponse Fail(RequestContext context, MetadataRequest request, ErrorCode error)
    {
        var response = new MetadataResponse { ControllerId = brokers.OwnNodeId, ErrorCode = (short)error };
        AddBrokers(response);
        foreach (var topic in request.Topics ?? [])
        {
            // A code that every client version retries on.
            response.Topics.Add(Failed(topic, ErrorCode.LeaderNotAvailable));
        }

        return response;
    }

    private MetadataResponse Refuse(MetadataRequest request)
    {
        var response = new MetadataResponse { ControllerId = brokers.OwnNodeId };
        AddBrokers(response);
        foreach (var topic in request.Topics!)
        {
            response.Topics.Add(
                new() { Name = topic.Name ?? "", TopicId = topic.TopicId, ErrorCode = (short)ErrorCode.InvalidRequest });
        }

        return response;
    }

    // KIP-516: where a request names ids, Kafka's brokers answer those alone.
    private static List<MetadataRequest.MetadataRequestTopic> ChooseIds(List<MetadataRequest.MetadataRequestTopic> topics) =>
        topics.Exists(static topic => topic.TopicId != Guid.Empty) ? topics.FindAll(static topic => topic.TopicId != Guid.Empty) : topics;

    private static bool KnowsAll(ClusterImage image, List<MetadataRequest.MetadataRequestTopic> topics)
    {
        foreach (var topic in topics)
        {
            if (Find(image, topic) is null)
            {
                return false;
            }
        }

        return true;
    }

    private static TopicView? Find(ClusterImage image, MetadataRequest.MetadataRequestTopic topic) =>
        topic.TopicId != Guid.Empty ? image.FindTopic(topic.TopicId) : topic.Name is { } name ? image.FindTopic(name) : null;

    private static MetadataResponse.MetadataResponseTopic Failed(MetadataRequest.MetadataRequestTopic topic, ErrorCode error) =>
        new() { Name = topic.Name ?? (topic.TopicId == Guid.Empty ? "" : null), TopicId = topic.TopicId, ErrorCode = (short)error };

    private void AddBrokers(MetadataResponse response)
    {
        foreach (var frontend in brokers.All())
        {
            response.Brokers.Add(new MetadataResponse.MetadataResponseBroker
            {
                NodeId = frontend.NodeId,
                Host = frontend.Host,
                Port = frontend.Port,
                Rack = frontend.Zone,
            });
        }
    }

    private async ValueTask AddTopicsAsync(
        MetadataResponse response,
        ClusterImage image,
        List<MetadataRequest.MetadataRequestTopic> topics,
        MetadataRequest request,
        string zone,
        RequestContext context)
    {
        List<MetadataRequest.MetadataRequestTopic>? missing = null;
        var answered = new HashSet<(string? Name, Guid Id)>(topics.Count);
        foreach (var asked in topics)
        {
            var byId = asked.TopicId != Guid.Empty;
            if (!answered.Add((byId ? null : asked.Name, asked.TopicId)))
            {
                continue;
            }

            if (Find(image, asked) is { } topic)
            {
                response.Topics.Add(Describe(topic, zone, request));
            }
            else if (byId)
            {
                response.Topics.Add(new() { Name = null, TopicId = asked.TopicId, ErrorCode = (short)ErrorCode.UnknownTopicId });
            }
            else
            {
                (missing ??= []).Add(asked);
            }
        }

        if (missing is not null)
        {
            await AddMissingAsync(response, missing, request, zone, context).ConfigureAwait(false);
        }
    }

    private async ValueTask AddMissingAsync(
        MetadataResponse response,
        List<MetadataRequest.MetadataRequestTopic> missing,
        MetadataRequest request,
        string zone,
        RequestContext context)
    {
        var allowed = context.ApiVersion < 4 || request.AllowAutoTopicCreation;
        var created = await autoCreation.CreateAsync([.. missing.Select(static topic => topic.Name ?? "")], allowed, context.Aborted)
            .ConfigureAwait(false);
        for (var i = 0; i < missing.Count; i++)
        {
            response.Topics.Add(
                created[i].Topic is { } topic ? Describe(topic, zone, request) : Failed(missing[i], created[i].Error));
        }
    }

    private MetadataResponse.MetadataResponseTopic Describe(TopicView topic, string zone, MetadataRequest request)
    {
        var described = new MetadataResponse.MetadataResponseTopic
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
            TopicAuthorizedOperations =
                request.IncludeTopicAuthorizedOperations ? AuthorizedOperations.Topic : AuthorizedOperations.NotAsked,
        };
        for (var partition = 0; partition < topic.PartitionCount; partition++)
        {
            var replicas = brokers.ReplicasOf(topic.TopicId, partition);
            described.Partitions.Add(new MetadataResponse.MetadataResponsePartition
            {
                PartitionIndex = partition,
                LeaderId = brokers.LeaderOf(zone, topic.TopicId, partition),
                // Constant: different zones are shown different leaders at the same time (leaderless-lessons: leader epoch).
                LeaderEpoch = LeaderEpochs.Current,
                ReplicaNodes = replicas,
                IsrNodes = replicas,
            });
        }

        return described;
    }
}
