using System.Collections.Concurrent;
using Spillway.Metadata.Log;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// Keeps the names, ids and partition counts of all topics beside the state, so that a heartbeat asks no lock for them. Changed on the
/// log's thread, after each group of commands.
/// </summary>
internal sealed class GroupTopics : IGroupTopics
{
    private readonly ConcurrentDictionary<string, GroupTopic> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, string> _names = new();
    private MetadataState? _state;
    private long _version;

    public GroupTopics(MetadataStateMachine machine) => machine.Published += Take;

    public long Version => Volatile.Read(ref _version);

    public IEnumerable<string> Names => _byName.Keys;

    public GroupTopic? Find(string name) => _byName.TryGetValue(name, out var topic) ? topic : null;

    public string? FindName(Guid topicId) => _names.GetValueOrDefault(topicId);

    private void Take(MetadataState state)
    {
        if (_state != state)
        {
            // The first call, or a snapshot was loaded.
            _state = state;
            _byName.Clear();
            _names.Clear();
            foreach (var topic in state.Topics.Existing)
            {
                Put(topic);
            }
        }
        else if (state.Changes.ChangedTopics.Count + state.Changes.RemovedTopics.Count > 0)
        {
            foreach (var topic in state.Changes.RemovedTopics)
            {
                Remove(topic);
            }

            foreach (var topic in state.Changes.ChangedTopics)
            {
                Put(topic);
            }
        }
        else
        {
            return;
        }

        Volatile.Write(ref _version, _version + 1);
    }

    private void Put(Topics.Topic topic)
    {
        if (topic.Deleted)
        {
            return;
        }

        _byName[topic.Name] = new GroupTopic(topic.Id, topic.Partitions.Count);
        _names[topic.Id] = topic.Name;
    }

    private void Remove(Topics.Topic topic)
    {
        // A topic that was created again under the name is another one, and may be here already.
        if (_byName.TryGetValue(topic.Name, out var known) && known.Id == topic.Id)
        {
            _byName.TryRemove(topic.Name, out _);
        }

        _names.TryRemove(topic.Id, out _);
    }
}
