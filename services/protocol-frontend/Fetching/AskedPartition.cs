using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>A partition that a client asks for, by name or by id as the version has it.</summary>
/// <param name="Topic">The topic's name; empty from v13 on.</param>
/// <param name="TopicId">The topic's id; empty before v13.</param>
/// <param name="Partition">What is asked of it.</param>
internal readonly record struct AskedPartition(string Topic, Guid TopicId, FetchRequest.FetchPartition Partition)
{
    /// <summary>All that a request names, in its order.</summary>
    public static List<AskedPartition> Of(FetchRequest request)
    {
        var asked = new List<AskedPartition>();
        foreach (var topic in request.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                asked.Add(new AskedPartition(topic.Topic, topic.TopicId, partition));
            }
        }

        return asked;
    }
}
