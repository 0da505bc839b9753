using Spillway.Kafka;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// Gives every member as many partitions as the others, give or take one, and moves as few as that takes. Where members subscribe to
/// different topics, each topic's partitions are levelled among its subscribers.
/// </summary>
internal sealed class UniformAssignor : IPartitionAssignor
{
    /// <summary>Rounds over all topics: each brings the members nearer to each other, and the first few nearly all the way.</summary>
    private const int LevellingRoundsMax = 16;

    public string Name => "uniform";

    public PartitionSet[] Assign(IReadOnlyList<MemberSubscription> members, IReadOnlyDictionary<Guid, int> partitionCounts)
    {
        if (members.Count == 0)
        {
            return [];
        }

        var plan = new Plan(members, partitionCounts);
        plan.Keep();
        if (members.All(m => ReferenceEquals(m.TopicIds, members[0].TopicIds)))
        {
            plan.TrimToQuotas();
            plan.FillToQuotas();
        }
        else
        {
            plan.GiveOutToTheLeastLoaded();
            for (var round = 0; round < LevellingRoundsMax && plan.Level(); round++)
            {
            }
        }

        return plan.Result();
    }

    private sealed class Plan(IReadOnlyList<MemberSubscription> members, IReadOnlyDictionary<Guid, int> partitionCounts)
    {
        private readonly List<TopicIdPartition>[] _given = [.. members.Select(_ => new List<TopicIdPartition>())];
        private readonly List<TopicIdPartition> _free = [];
        private int[] _quotas = [];

        /// <summary>Everybody keeps what it had of what there is, all else is free.</summary>
        public void Keep()
        {
            var kept = new HashSet<TopicIdPartition>();
            for (var i = 0; i < members.Count; i++)
            {
                foreach (var partition in members[i].Target)
                {
                    if (members[i].TopicIds.Contains(partition.TopicId)
                        && partition.Partition < partitionCounts.GetValueOrDefault(partition.TopicId)
                        && kept.Add(partition))
                    {
                        _given[i].Add(partition);
                    }
                }
            }

            foreach (var (topicId, count) in partitionCounts.OrderBy(t => t.Key))
            {
                for (var p = 0; p < count; p++)
                {
                    if (!kept.Contains(new TopicIdPartition(topicId, p)))
                    {
                        _free.Add(new TopicIdPartition(topicId, p));
                    }
                }
            }
        }

        /// <summary>The partitions that do not divide evenly stay where they are: with those who have more than the others.</summary>
        public void TrimToQuotas()
        {
            var total = partitionCounts.Values.Sum();
            _quotas = new int[members.Count];
            Array.Fill(_quotas, total / members.Count);
            var extra = total % members.Count;
            foreach (var i in Enumerable.Range(0, members.Count).OrderByDescending(i => _given[i].Count > _quotas[i]).Take(extra))
            {
                _quotas[i]++;
            }

            for (var i = 0; i < members.Count; i++)
            {
                if (_given[i].Count > _quotas[i])
                {
                    _free.AddRange(_given[i].Skip(_quotas[i]));
                    _given[i].RemoveRange(_quotas[i], _given[i].Count - _quotas[i]);
                }
            }
        }

        public void FillToQuotas()
        {
            var next = 0;
            for (var i = 0; i < members.Count; i++)
            {
                var count = _quotas[i] - _given[i].Count;
                _given[i].AddRange(_free.GetRange(next, count));
                next += count;
            }
        }

        public void GiveOutToTheLeastLoaded()
        {
            foreach (var partition in _free)
            {
                var subscribers = SubscribersOf(partition.TopicId);
                if (subscribers.Count > 0)
                {
                    _given[subscribers.MinBy(i => _given[i].Count)].Add(partition);
                }
            }
        }

        /// <summary>False: nothing had to be moved.</summary>
        public bool Level()
        {
            var moved = false;
            foreach (var topicId in partitionCounts.Keys.Order())
            {
                var subscribers = SubscribersOf(topicId);
                while (subscribers.Count > 1)
                {
                    var least = subscribers.MinBy(i => _given[i].Count);
                    var most = subscribers.Where(i => _given[i].Exists(p => p.TopicId == topicId))
                        .DefaultIfEmpty(least).MaxBy(i => _given[i].Count);
                    if (_given[most].Count - _given[least].Count < 2)
                    {
                        break;
                    }

                    var last = _given[most].FindLastIndex(p => p.TopicId == topicId);
                    _given[least].Add(_given[most][last]);
                    _given[most].RemoveAt(last);
                    moved = true;
                }
            }

            return moved;
        }

        public PartitionSet[] Result() => Array.ConvertAll(_given, PartitionSet.Of);

        private List<int> SubscribersOf(Guid topicId) =>
            [.. Enumerable.Range(0, members.Count).Where(i => members[i].TopicIds.Contains(topicId))];
    }
}
