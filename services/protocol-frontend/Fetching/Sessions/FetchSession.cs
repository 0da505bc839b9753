using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching.Sessions;

/// <summary>
/// The partitions that one client fetches, in the order in which they are served, so that its requests and their answers name only what
/// changes (KIP-227). The lock guards everything but what the cache owns.
/// </summary>
internal sealed class FetchSession(int id, bool usesTopicIds)
{
    public const int InitialEpoch = 0;
    public const int FinalEpoch = -1;

    private readonly Lock _lock = new();
    private readonly Dictionary<SessionPartitionKey, LinkedListNode<SessionPartition>> _partitions = [];
    private readonly LinkedList<SessionPartition> _order = new();

    public int Id { get; } = id;

    public bool UsesTopicIds { get; } = usesTopicIds;

    /// <summary>The epoch that the client's next request must have.</summary>
    public int Epoch { get; private set; } = NextEpoch(InitialEpoch);

    public int PartitionCount
    {
        get
        {
            lock (_lock)
            {
                return _partitions.Count;
            }
        }
    }

    /// <summary>Epochs go round without 0 and −1, which mean a full request and the end.</summary>
    public static int NextEpoch(int epoch) => epoch switch
    {
        < 0 => FinalEpoch,
        int.MaxValue => 1,
        _ => epoch + 1,
    };

    /// <summary>Takes a request's epoch, if it is the one expected; the next one is expected then.</summary>
    public bool TryAdvance(int epoch)
    {
        lock (_lock)
        {
            if (epoch != Epoch)
            {
                return false;
            }

            Epoch = NextEpoch(Epoch);
            return true;
        }
    }

    /// <summary>Takes over what an incremental request changes and gives all partitions in their order.</summary>
    public List<SessionPartition> Update(IReadOnlyList<AskedPartition> asked, IReadOnlyList<FetchRequest.ForgottenTopic> forgotten)
    {
        lock (_lock)
        {
            foreach (var partition in asked)
            {
                if (_partitions.TryGetValue(SessionPartitionKey.Of(partition), out var known))
                {
                    known.Value.Update(partition);
                }
                else
                {
                    AddLast(new SessionPartition(partition));
                }
            }

            foreach (var topic in forgotten)
            {
                foreach (var partition in topic.Partitions)
                {
                    if (_partitions.Remove(SessionPartitionKey.Of(topic, partition), out var gone))
                    {
                        _order.Remove(gone);
                    }
                }
            }

            return [.. _order];
        }
    }

    /// <summary>Remembers a partition of the full request that begins the session.</summary>
    public void Add(SessionPartition partition)
    {
        lock (_lock)
        {
            if (!_partitions.ContainsKey(partition.Key))
            {
                AddLast(partition);
            }
        }
    }

    /// <summary>
    /// Notes an answer to the request with the epoch before <see cref="Epoch"/>: gives what must be in it. Those that had records go behind
    /// the others, so that the next answer begins with those that had none. Null where another request has come meanwhile.
    /// </summary>
    public List<FetchedPartition>? NoteAnswer(int requestEpoch, IReadOnlyList<SessionPartition> asked, IReadOnlyList<FetchedPartition> fetched)
    {
        lock (_lock)
        {
            if (Epoch != NextEpoch(requestEpoch))
            {
                return null;
            }

            var news = new List<FetchedPartition>();
            for (var i = 0; i < fetched.Count; i++)
            {
                if (!asked[i].NoteAnswer(fetched[i].Data))
                {
                    continue;
                }

                news.Add(fetched[i]);
                if (fetched[i].Data.Records is { Length: > 0 } && _partitions.TryGetValue(asked[i].Key, out var node))
                {
                    _order.Remove(node);
                    _order.AddLast(node);
                }
            }

            return news;
        }
    }

    private void AddLast(SessionPartition partition) => _partitions.Add(partition.Key, _order.AddLast(partition));
}
