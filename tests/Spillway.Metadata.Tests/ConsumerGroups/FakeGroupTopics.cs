using Spillway.Metadata.ConsumerGroups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Topics as the test says.</summary>
internal sealed class FakeGroupTopics : IGroupTopics
{
    private readonly Dictionary<string, GroupTopic> _topics = new(StringComparer.Ordinal);

    public long Version { get; private set; }

    public int Lookups { get; private set; }

    public IEnumerable<string> Names => _topics.Keys;

    public Guid Put(string name, int partitions)
    {
        var id = _topics.TryGetValue(name, out var known) ? known.Id : new Guid(_topics.Count + 1, 0, 0, new byte[8]);
        _topics[name] = new GroupTopic(id, partitions);
        Version++;
        return id;
    }

    public void Delete(string name)
    {
        _topics.Remove(name);
        Version++;
    }

    public GroupTopic? Find(string name)
    {
        Lookups++;
        return _topics.TryGetValue(name, out var topic) ? topic : null;
    }

    public string? FindName(Guid topicId) => _topics.FirstOrDefault(t => t.Value.Id == topicId).Key;
}
