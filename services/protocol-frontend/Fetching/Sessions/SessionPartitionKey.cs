using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching.Sessions;

/// <summary>A partition within a session: by the topic's id, or by its name where the session began without ids.</summary>
internal readonly record struct SessionPartitionKey(string Topic, Guid TopicId, int Partition)
{
    public static SessionPartitionKey Of(in AskedPartition asked) => new(asked.Topic, asked.TopicId, asked.Partition.Partition);

    public static SessionPartitionKey Of(FetchRequest.ForgottenTopic topic, int partition) => new(topic.Topic, topic.TopicId, partition);
}
