using Spillway.Kafka;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Merging;
using Spillway.Storage.Objects.Format;
using Xunit;

namespace Spillway.S3Compactor.Tests.Merging;

/// <summary>Which objects a merge writes, and in which reads it gets what goes into them.</summary>
public sealed class MergePlanTests(ITestOutputHelper output)
{
    [Fact]
    public void What_a_log_has_stays_together_and_no_object_is_larger_than_the_target()
    {
        var seed = Environment.TickCount & 0xFFFFFF;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var job = RandomJob(random);

            var plan = MergePlan.Create(job, objectBytesTarget: 1_000, partitionObjectBytesMin: 400);

            Assert.Equal(0, plan.SkippedCount);
            Assert.Equal(
                job.Ranges.Select(static r => (r.LogId, r.Entry.BaseOffset)).Order(),
                plan.Objects.SelectMany(static o => o.Ranges).Select(static r => (r.LogId.Value, r.BaseOffset)).Order());
            foreach (var written in plan.Objects)
            {
                Assert.InRange(written.Ranges.Sum(static r => r.LengthBytes), 1, 1_000);
                Assert.Equal(written.Kind == ObjectKind.Partition ? 1 : 0, written.Kind == ObjectKind.Partition
                    ? written.Ranges.Select(static r => r.LogId).Distinct().Count() : 0);
            }

            foreach (var log in plan.Objects.SelectMany(static (o, i) => o.Ranges.Select(r => (Object: i, Range: r))).GroupBy(static r => r.Range.LogId))
            {
                var bytes = log.Sum(static r => r.Range.LengthBytes);
                Assert.True(bytes >= 400 || log.Select(static r => r.Object).Distinct().Count() == 1, "a small log is in one object");
            }
        }
    }

    [Fact]
    public void A_range_of_an_object_that_the_job_does_not_locate_is_skipped()
    {
        var job = RandomJob(new Random(1));
        job.Containers.RemoveAt(0);

        Assert.NotEqual(0, MergePlan.Create(job, 1_000, 400).SkippedCount);
    }

    [Fact]
    public void Reads_cover_all_ranges_and_join_neighbours_only()
    {
        MergeRange[] ranges =
        [
            Range("a", 0, 1_000), Range("a", 1_000, 1_000), Range("a", 2_000 + SourceStretch.GapBytesMax, 10),
            Range("a", 2_011 + (2 * SourceStretch.GapBytesMax), 10), Range("b", 0, SourceStretch.StretchBytesMax), Range("b", SourceStretch.StretchBytesMax, 1),
        ];

        var stretches = SourceStretch.Cover(ranges.Reverse());

        Assert.Equal([3, 1, 1, 1], stretches.Select(static s => s.Ranges.Count));
        Assert.Equal(
            [("a", 0L, 2_010 + SourceStretch.GapBytesMax), ("a", 2_011L + (2 * SourceStretch.GapBytesMax), 10)],
            stretches.Take(2).Select(static s => (s.Key, s.Position, s.LengthBytes)));
    }

    private static Job RandomJob(Random random)
    {
        var job = new Job { JobId = 1, Kind = JobKind.Merge };
        for (var id = 1; id <= 5; id++)
        {
            job.Containers.Add(new ContainerLocation { Kind = ContainerKind.Object, ContainerId = id, Path = $"o{id}" });
        }

        for (var log = 1; log <= random.Next(2, 12); log++)
        {
            for (var entry = 0; entry < random.Next(2, 12); entry++)
            {
                job.Ranges.Add(new DrainRange
                {
                    LogId = log,
                    Entry = new IndexEntry
                    {
                        BaseOffset = entry * 10,
                        LastOffset = (entry * 10) + 9,
                        Kind = ContainerKind.Object,
                        ContainerId = (entry % 5) + 1,
                        Position = random.Next(100_000),
                        Length = random.Next(1, 100),
                    },
                });
            }
        }

        return job;
    }

    private static MergeRange Range(string key, long position, int lengthBytes) =>
        new(new LogId(1), 0, 0, key, position, lengthBytes, 0);
}
