using Spillway.Kafka;
using Spillway.Metadata.ConsumerGroups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Both assignors: everything is given out once, evenly, and what need not move does not.</summary>
public sealed class AssignorTests(ITestOutputHelper output)
{
    private static readonly Guid T1 = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid T2 = new("00000000-0000-0000-0000-000000000002");
    private readonly UniformAssignor _uniform = new();
    private readonly RangeAssignor _range = new();

    [Fact]
    public void Range_gives_each_member_the_same_range_of_each_topic()
    {
        var both = new HashSet<Guid> { T1, T2 };

        var given = _range.Assign(
            [new("a", null, both, PartitionSet.Empty), new("b", null, both, PartitionSet.Empty)],
            new Dictionary<Guid, int> { [T1] = 3, [T2] = 3 });

        Assert.Equal([(T1, 0), (T1, 1), (T2, 0), (T2, 1)], given[0].Select(p => (p.TopicId, p.Partition)));
        Assert.Equal([(T1, 2), (T2, 2)], given[1].Select(p => (p.TopicId, p.Partition)));
    }

    [Fact]
    public void Range_puts_static_members_first_by_their_instance_ids()
    {
        var topics = new HashSet<Guid> { T1 };

        var given = _range.Assign(
            [new("a", null, topics, PartitionSet.Empty), new("b", "2", topics, PartitionSet.Empty), new("c", "1", topics, PartitionSet.Empty)],
            new Dictionary<Guid, int> { [T1] = 3 });

        Assert.Equal([2, 1, 0], given.Select(g => g.Single().Partition));
    }

    [Fact]
    public void Uniform_moves_no_more_than_the_new_member_needs()
    {
        var topics = new HashSet<Guid> { T1 };
        var counts = new Dictionary<Guid, int> { [T1] = 9 };
        var two = _uniform.Assign([new("b", null, topics, PartitionSet.Empty), new("c", null, topics, PartitionSet.Empty)], counts);

        var three = _uniform.Assign(
            [new("a", null, topics, PartitionSet.Empty), new("b", null, topics, two[0]), new("c", null, topics, two[1])], counts);

        Assert.Equal([3, 3, 3], three.Select(g => g.Count));
        Assert.True(three[1].IsSubsetOf(two[0]) && three[2].IsSubsetOf(two[1]));
    }

    [Fact]
    public void Uniform_leaves_the_partitions_that_do_not_divide_where_they_are()
    {
        var topics = new HashSet<Guid> { T1 };
        var counts = new Dictionary<Guid, int> { [T1] = 3 };
        var one = PartitionSet.Of([new TopicIdPartition(T1, 0)]);
        var two = PartitionSet.Of([new TopicIdPartition(T1, 1), new TopicIdPartition(T1, 2)]);

        var given = _uniform.Assign([new("a", null, topics, one), new("b", null, topics, two)], counts);

        Assert.Equal([one, two], given);
    }

    [Fact]
    public void Whatever_the_members_subscribe_to_everything_is_given_out_once_and_evenly_and_again_the_same()
    {
        var seed = Environment.TickCount & 0xFFFFFF;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var counts = Enumerable.Range(0, random.Next(1, 5)).ToDictionary(_ => Id(random), _ => random.Next(0, 12));
            IReadOnlySet<Guid>[] choices = [.. Enumerable.Range(0, random.Next(1, 3))
                .Select(_ => counts.Keys.Where(_ => random.Next(3) > 0).ToHashSet())];
            var members = Enumerable.Range(0, random.Next(1, 8))
                .Select(i => new MemberSubscription($"m{i}", null, choices[random.Next(choices.Length)], PartitionSet.Empty)).ToList();
            var subscribed = counts.Where(c => members.Exists(m => m.TopicIds.Contains(c.Key))).ToDictionary(c => c.Key, c => c.Value);
            foreach (var assignor in new IPartitionAssignor[] { _uniform, _range })
            {
                var given = assignor.Assign(members, subscribed);
                Check(members, subscribed, given, assignor == _uniform);
                var again = members.Select((m, i) => m with { Target = given[i] }).ToList();
                Assert.Equal(given, assignor.Assign(again, subscribed));

                // One goes, one grows: still complete and even.
                again.RemoveAt(random.Next(again.Count));
                foreach (var topic in subscribed.Keys.Take(1).ToList())
                {
                    subscribed[topic]++;
                }

                var left = subscribed.Where(c => again.Exists(m => m.TopicIds.Contains(c.Key))).ToDictionary(c => c.Key, c => c.Value);
                Check(again, left, assignor.Assign(again, left), assignor == _uniform);
            }
        }
    }

    private static void Check(
        List<MemberSubscription> members, Dictionary<Guid, int> counts, PartitionSet[] given, bool levelled)
    {
        var all = given.SelectMany(g => g).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal(counts.Values.Sum(), all.Count);
        for (var i = 0; i < members.Count; i++)
        {
            Assert.All(given[i], p => Assert.Contains(p.TopicId, members[i].TopicIds));
            for (var j = 0; levelled && j < members.Count; j++)
            {
                // Nobody has two more than another that could take one of them.
                Assert.False(given[i].Count - given[j].Count > 1 && given[i].Any(p => members[j].TopicIds.Contains(p.TopicId)));
            }
        }
    }

    private static Guid Id(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
