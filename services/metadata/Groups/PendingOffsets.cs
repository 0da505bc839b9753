namespace Spillway.Metadata.Groups;

/// <summary>The offsets of one group that open transactions hold, by producer id, topic id and partition, in their order.</summary>
internal sealed class PendingOffsets
{
    private readonly SortedDictionary<long, SortedDictionary<(Guid TopicId, int Partition), PendingOffset>> _producers = [];

    public bool IsEmpty => _producers.Count == 0;

    public IEnumerable<(long ProducerId, IEnumerable<KeyValuePair<(Guid TopicId, int Partition), PendingOffset>> Offsets)> All =>
        _producers.Select(p => (p.Key, p.Value.AsEnumerable()));

    public bool Contains(Guid topicId, int partition) => _producers.Values.Any(p => p.ContainsKey((topicId, partition)));

    public void Put(long producerId, Guid topicId, int partition, PendingOffset offset)
    {
        if (!_producers.TryGetValue(producerId, out var offsets))
        {
            _producers.Add(producerId, offsets = []);
        }

        offsets[(topicId, partition)] = offset;
    }

    /// <summary>Something for the partition was committed in this order: what was written before does not count any more.</summary>
    public void Supersede(Guid topicId, int partition, long order)
    {
        foreach (var offsets in _producers.Values)
        {
            if (offsets.TryGetValue((topicId, partition), out var pending) && pending.Order < order)
            {
                offsets[(topicId, partition)] = pending with { Order = 0 };
            }
        }
    }

    /// <summary>Takes out what the producer's transaction holds.</summary>
    public IEnumerable<KeyValuePair<(Guid TopicId, int Partition), PendingOffset>> Remove(long producerId) =>
        _producers.Remove(producerId, out var offsets) ? offsets : [];

    public void DropTopic(Guid topicId)
    {
        foreach (var (producerId, offsets) in _producers.ToList())
        {
            foreach (var key in offsets.Keys.Where(k => k.TopicId == topicId).ToList())
            {
                offsets.Remove(key);
            }

            if (offsets.Count == 0)
            {
                _producers.Remove(producerId);
            }
        }
    }

    /// <summary>An administrator deleted the partition's offset.</summary>
    public void Drop(Guid topicId, int partition)
    {
        foreach (var (producerId, offsets) in _producers.ToList())
        {
            if (offsets.Remove((topicId, partition)) && offsets.Count == 0)
            {
                _producers.Remove(producerId);
            }
        }
    }
}
