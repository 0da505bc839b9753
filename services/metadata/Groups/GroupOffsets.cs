namespace Spillway.Metadata.Groups;

/// <summary>The committed offsets of one group, by topic id and partition, in their order. Part of the state.</summary>
internal sealed class GroupOffsets
{
    private readonly SortedDictionary<Guid, SortedDictionary<int, CommittedOffset>> _topics = [];

    public bool IsEmpty => _topics.Count == 0;

    public IEnumerable<(Guid TopicId, int Partition, CommittedOffset Offset)> All =>
        from topic in _topics
        from partition in topic.Value
        select (topic.Key, partition.Key, partition.Value);

    public CommittedOffset? Find(Guid topicId, int partition) =>
        _topics.TryGetValue(topicId, out var partitions) && partitions.TryGetValue(partition, out var offset) ? offset : null;

    public void Put(Guid topicId, int partition, CommittedOffset offset)
    {
        if (!_topics.TryGetValue(topicId, out var partitions))
        {
            _topics.Add(topicId, partitions = []);
        }

        partitions[partition] = offset;
    }

    public void DropTopic(Guid topicId) => _topics.Remove(topicId);

    public void Drop(Guid topicId, int partition)
    {
        if (_topics.TryGetValue(topicId, out var partitions) && partitions.Remove(partition) && partitions.Count == 0)
        {
            _topics.Remove(topicId);
        }
    }
}
