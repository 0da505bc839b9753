using Spillway.Kafka;
using Spillway.Kafka.Configs;
using Spillway.Metadata.Partitions;

namespace Spillway.Metadata.Topics;

/// <summary>
/// Topics by UUID and by name, logs by their id, and the logs whose index has to be trimmed. A log id is given out once and
/// never again.
/// </summary>
internal sealed class TopicTable
{
    private readonly Dictionary<Guid, Topic> _topics = [];
    private readonly Dictionary<string, Topic> _byName = new(StringComparer.Ordinal);

    // '.' and '_' are the same in metric names, so Kafka refuses topics that differ in them only.
    private readonly Dictionary<string, Topic> _byMetricName = new(StringComparer.Ordinal);
    private readonly Dictionary<long, PartitionLog> _logs = [];
    private readonly SortedSet<long> _trimmable = [];

    public long LastLogId { get; set; }

    /// <summary>
    /// The next producer id when a topic was last deleted. Producers with lower ids may have sent to it, and go on with their sequences when
    /// a topic of its name is there again.
    /// </summary>
    public long DeletedBeforeProducerId { get; set; }

    public int TopicCount => _byName.Count;

    public int LogCount => _logs.Count;

    /// <summary>All that exist, in no order.</summary>
    public IEnumerable<Topic> Existing => _byName.Values;

    /// <summary>All that the state still holds, deleted ones included, by their first log's id.</summary>
    public IEnumerable<Topic> All => _topics.Values.Where(t => t.Partitions.Count > 0).OrderBy(t => t.Partitions[0].Id.Value);

    public bool HasTrimmable => _trimmable.Count > 0;

    public Topic? Find(Guid id) => _topics.TryGetValue(id, out var topic) && !topic.Deleted ? topic : null;

    /// <summary>Deleted, and its index not yet all removed.</summary>
    public bool IsDeleted(Guid id) => _topics.TryGetValue(id, out var topic) && topic.Deleted;

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? FindColliding(string name) => _byMetricName.GetValueOrDefault(TopicName.Canonical(name));

    /// <summary>Null when there is none, or its topic is deleted.</summary>
    public PartitionLog? FindLog(long logId) => _logs.TryGetValue(logId, out var log) && log.Exists ? log : null;

    public void Add(Topic topic)
    {
        _topics.Add(topic.Id, topic);
        if (!topic.Deleted)
        {
            _byName.Add(topic.Name, topic);
            _byMetricName[TopicName.Canonical(topic.Name)] = topic;
        }
    }

    public PartitionLog AddPartition(Topic topic)
    {
        var log = AddPartition(topic, new LogId(++LastLogId));
        log.Producers.ForgottenBelow = DeletedBeforeProducerId;
        return log;
    }

    public PartitionLog AddPartition(Topic topic, LogId id)
    {
        var log = new PartitionLog(id, topic, topic.Partitions.Count);
        topic.Partitions.Add(log);
        _logs.Add(id.Value, log);
        return log;
    }

    /// <summary>At once for everybody; the index goes later.</summary>
    public void Delete(Topic topic)
    {
        topic.Deleted = true;
        _byName.Remove(topic.Name);
        _byMetricName.Remove(TopicName.Canonical(topic.Name));
        foreach (var log in topic.Partitions)
        {
            _trimmable.Remove(log.Id.Value);
        }

        _trimmable.Add(topic.Partitions[^1].Id.Value);
    }

    /// <summary>To be called whenever the log start moved.</summary>
    public void QueueForTrim(PartitionLog log)
    {
        if (log.HasTrimmable)
        {
            _trimmable.Add(log.Id.Value);
        }
    }

    /// <summary>After a snapshot was loaded: the queue follows from what was loaded.</summary>
    public void QueueAllForTrim()
    {
        foreach (var log in _logs.Values)
        {
            if (log.Exists ? log.HasTrimmable : log == log.Topic.Partitions[^1])
            {
                _trimmable.Add(log.Id.Value);
            }
        }
    }

    /// <summary>The next log with something to trim; of a deleted topic always its last.</summary>
    public PartitionLog? NextTrimmable() => _trimmable.Count > 0 ? _logs[_trimmable.Min] : null;

    public void Trimmed(PartitionLog log) => _trimmable.Remove(log.Id.Value);

    /// <summary>
    /// The last partition of a deleted topic has no index any more: it goes, and the topic with its last one. One at a time
    /// from the end, so that deleting a topic is one step, however many partitions it has.
    /// </summary>
    public void RemoveLast(Topic topic)
    {
        var log = topic.Partitions[^1];
        _trimmable.Remove(log.Id.Value);
        _logs.Remove(log.Id.Value);
        topic.Partitions.RemoveAt(topic.Partitions.Count - 1);
        if (topic.Partitions.Count == 0)
        {
            _topics.Remove(topic.Id);
        }
        else
        {
            _trimmable.Add(topic.Partitions[^1].Id.Value);
        }
    }
}
