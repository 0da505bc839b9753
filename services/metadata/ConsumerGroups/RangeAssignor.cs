using Spillway.Kafka;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// Gives each member a range of each topic. Members are in the same order for all topics (static ones by instance id first), so that
/// topics with equal partition counts are given out alike: partition n of one and of the other go to the same member.
/// </summary>
internal sealed class RangeAssignor : IPartitionAssignor
{
    public string Name => "range";

    public PartitionSet[] Assign(IReadOnlyList<MemberSubscription> members, IReadOnlyDictionary<Guid, int> partitionCounts)
    {
        var given = new List<TopicIdPartition>[members.Count];
        var order = Enumerable.Range(0, members.Count)
            .OrderBy(i => members[i].InstanceId is null)
            .ThenBy(i => members[i].InstanceId ?? members[i].MemberId, StringComparer.Ordinal)
            .ToList();
        foreach (var i in order)
        {
            given[i] = [];
        }

        foreach (var (topicId, partitionCount) in partitionCounts)
        {
            var subscribers = order.FindAll(i => members[i].TopicIds.Contains(topicId));
            var next = 0;
            for (var place = 0; place < subscribers.Count; place++)
            {
                var end = next + (partitionCount / subscribers.Count) + (place < partitionCount % subscribers.Count ? 1 : 0);
                for (; next < end; next++)
                {
                    given[subscribers[place]].Add(new TopicIdPartition(topicId, next));
                }
            }
        }

        return Array.ConvertAll(given, PartitionSet.Of);
    }
}
