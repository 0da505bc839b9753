using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Objects.Format;
using Xunit;

namespace Spillway.S3Compactor.Tests.Planning;

public sealed class DrainPlanTests
{
    [Fact]
    public void Ranges_are_written_by_log_and_offset_whatever_order_the_job_has()
    {
        var plan = DrainPlan.Create(Job((2, 0, 10), (1, 5, 10), (1, 0, 10)), 1000, 1000);

        Assert.Equal([(1L, 0L), (1L, 5L), (2L, 0L)], Assert.Single(plan.Objects).Ranges.Select(r => (r.LogId.Value, r.BaseOffset)));
        Assert.Equal(0, plan.SkippedCount);
    }

    [Fact]
    public void No_object_passes_the_target_unless_one_range_does()
    {
        var plan = DrainPlan.Create(Job((1, 0, 40), (1, 5, 40), (2, 0, 40), (3, 0, 500), (4, 0, 10)), 100, 1000);

        Assert.Equal([80, 40, 500, 10], plan.Objects.Select(o => o.DataBytes));
        Assert.All(plan.Objects, o => Assert.Equal(ObjectKind.Mixed, o.Kind));
    }

    [Fact]
    public void A_log_at_the_threshold_has_objects_of_its_own()
    {
        var plan = DrainPlan.Create(Job((1, 0, 10), (2, 0, 60), (2, 5, 60), (3, 0, 10)), 100, 120);

        Assert.Equal(
            [(ObjectKind.Partition, 60L), (ObjectKind.Partition, 60L), (ObjectKind.Mixed, 20L)],
            plan.Objects.Select(o => (o.Kind, o.DataBytes)));
    }

    [Fact]
    public void What_this_build_cannot_move_is_skipped_and_counted()
    {
        var job = Job((1, 0, 10), (1, 5, 10), (1, 10, 10), (1, 15, 0));
        job.Ranges[0].Entry.Kind = ContainerKind.Unspecified;
        job.Ranges[1].Entry.ContainerId = 99;

        var plan = DrainPlan.Create(job, 1000, 1000);

        Assert.Equal(10, Assert.Single(Assert.Single(plan.Objects).Ranges).BaseOffset);
        Assert.Equal(3, plan.SkippedCount);
    }

    private static Job Job(params (long LogId, long BaseOffset, long Length)[] ranges)
    {
        var job = new Job
        {
            JobId = 1,
            Kind = JobKind.Drain,
            Containers = { new ContainerLocation { Kind = ContainerKind.WalSegment, ContainerId = 7, Volume = "v", Path = "p" } },
        };
        job.Ranges.AddRange(ranges.Select((r, i) => new DrainRange
        {
            LogId = r.LogId,
            Entry = new IndexEntry
            {
                BaseOffset = r.BaseOffset,
                LastOffset = r.BaseOffset + 4,
                Kind = ContainerKind.WalSegment,
                ContainerId = 7,
                Position = i * 1000,
                Length = r.Length,
            },
        }));
        return job;
    }
}
