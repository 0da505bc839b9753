using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>
/// Creates topics that a client asks for by name (auto.create.topics.enable). Unlike Kafka's, the answer waits for the topic: there is
/// no election to wait out, so clients need no second try.
/// </summary>
internal sealed class TopicAutoCreation(IAdminService admin, ClusterView cluster, BrokerSettings settings)
{
    /// <summary>One result a name, in their order: the topic, or the error that the client gets.</summary>
    public async ValueTask<IReadOnlyList<(TopicView? Topic, ErrorCode Error)>> CreateAsync(
        IReadOnlyList<string> names, bool allowedByClient, CancellationToken cancellationToken)
    {
        var results = new (TopicView? Topic, ErrorCode Error)[names.Count];
        var call = new CreateTopicsCall();
        for (var i = 0; i < names.Count; i++)
        {
            var legal = TopicName.TryValidate(names[i], out _);
            results[i].Error = legal ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopicException;
            if (legal && allowedByClient && settings.AutoCreateTopics)
            {
                call.Topics.Add(new NewTopic { Name = names[i], Partitions = -1, ReplicationFactor = -1 });
            }
        }

        if (call.Topics.Count == 0)
        {
            return results;
        }

        var reply = await admin.CreateTopicsAsync(call, cancellationToken).ConfigureAwait(false);
        var image = await cluster.WhenAtLeastAsync(reply.ImageVersion, cancellationToken).ConfigureAwait(false);
        var errors = reply.Topics.ToDictionary(static topic => topic.Name, static topic => (ErrorCode)topic.ErrorCode, StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (errors.TryGetValue(names[i], out var error))
            {
                // Another client may have been faster; that is as good.
                results[i] = image.FindTopic(names[i]) is { } topic
                    ? (topic, ErrorCode.None)
                    : (null, error is ErrorCode.None or ErrorCode.TopicAlreadyExists ? ErrorCode.LeaderNotAvailable : error);
            }
        }

        return results;
    }
}
