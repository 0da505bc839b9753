using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Partitions;

/// <summary>The chunked index against a plain list, by random operations from a printed seed.</summary>
public sealed class PartitionIndexEntriesTests(ITestOutputHelper output)
{
    [Fact]
    public void It_behaves_as_a_list_would()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var index = new PartitionIndexEntries();
        var list = new List<BatchIndexEntry>();
        var next = 0L;
        var largest = 0;
        for (var step = 0; step < 4_000; step++)
        {
            switch (random.Next(20))
            {
                case 0 when list.Count > 0:
                    index.RemoveFirst();
                    list.RemoveAt(0);
                    break;
                case 1 or 2 when list.Count > 0:
                    Replace(index, list, random);
                    break;
                case 3 when list.Count > 0:
                    var last = list[^1];
                    list[^1] = last with { LastOffset = last.LastOffset + 2, MaxTimestamp = last.MaxTimestamp + random.Next(1_000) };
                    next += 2;
                    index.GrowLast(list[^1]);
                    Assert.Equal(list[^1], index.Last);
                    break;
                default:
                    var records = 1 + random.Next(5);
                    var entry = new BatchIndexEntry(
                        next, next + records - 1, random.Next(1_000_000), ContainerKind.WalSegment, 1, next, 10, 0);
                    next += records;
                    index.Append(entry);
                    list.Add(entry);
                    break;
            }

            largest = Math.Max(largest, list.Count);
            if (step % 10 == 0)
            {
                Compare(index, list, next, random);
            }
        }

        Assert.True(largest > IndexChunk.EntriesMax, "the walk never left the first chunk");
    }

    private static void Replace(PartitionIndexEntries index, List<BatchIndexEntry> list, Random random)
    {
        var first = random.Next(list.Count);
        var count = Math.Min(list.Count - first, 1 + random.Next(random.Next(40) == 0 ? 700 : 5));
        var entry = list[first] with
        {
            LastOffset = list[first + count - 1].LastOffset,
            MaxTimestamp = random.Next(1_000_000),
            Kind = ContainerKind.Object,
        };
        index.Replace(index.Find(entry.BaseOffset), count, entry);
        list.RemoveRange(first, count);
        list.Insert(first, entry);
    }

    private static void Compare(PartitionIndexEntries index, List<BatchIndexEntry> list, long next, Random random)
    {
        Assert.Equal(list.Count, index.Count);
        var cursor = new IndexCursor(0, 0);
        foreach (var entry in list)
        {
            Assert.Equal(entry, index[cursor]);
            cursor = index.Next(cursor);
        }

        Assert.True(index.IsEnd(cursor));
        var offset = random.NextInt64(next + 2);
        AssertAt(index, index.Find(offset), list, list.FindIndex(e => e.LastOffset >= offset));
        var time = random.Next(1_200_000);
        AssertAt(
            index,
            index.FindTime(time, offset),
            list,
            list.FindIndex(e => e.LastOffset >= offset && e.MaxTimestamp >= time));
        AssertAt(index, index.FindWal(), list, list.FindIndex(e => e.Kind == ContainerKind.WalSegment));
        var greatest = list.Where(e => e.LastOffset >= offset).Select(e => e.MaxTimestamp).DefaultIfEmpty(-1).Max();
        AssertAt(
            index,
            index.FindMaxTime(offset),
            list,
            list.FindIndex(e => e.LastOffset >= offset && e.MaxTimestamp == greatest));
        if (list.Count > 0)
        {
            var back = 1 + random.Next(list.Count);
            Assert.Equal(list[^back], index[index.FromEnd(back)]);
            Assert.Equal(list[0], index[index.FromEnd(list.Count + 5)]);
        }
    }

    private static void AssertAt(PartitionIndexEntries index, IndexCursor cursor, List<BatchIndexEntry> list, int expected)
    {
        Assert.Equal(expected < 0, index.IsEnd(cursor));
        if (expected >= 0)
        {
            Assert.Equal(list[expected], index[cursor]);
        }
    }
}
