using Spillway.Rpc.Metadata;
using Spillway.Tool.CommandLine;
using Spillway.Tool.Jobs;
using Xunit;

namespace Spillway.Tool.Tests.Jobs;

public sealed class JobListTests
{
    [Fact]
    public void Jobs_are_shown_with_their_holders_and_with_what_waits()
    {
        var reply = new ListJobsReply
        {
            Jobs =
            {
                new LeasedJobInfo
                {
                    JobId = 12, Kind = JobKind.Drain, Holder = "compactor-a", CompactorId = 3, CompactorEpoch = 9, LeaseLeftMs = 41_500,
                    FailureCount = 4,
                    Containers = { new ContainerLocation { Kind = ContainerKind.WalSegment, Volume = "wal", Path = "00/1.wal" } },
                },
            },
            DrainableBytes = 3 << 20, DrainableSegments = 2, GarbageCount = 1, OldestGarbageMs = 300_000, LogsToMerge = 7,
        };
        using var output = new StringWriter { NewLine = "\n" };

        JobList.Print(JobList.Describe(reply), output);

        Assert.Equal(
            """
            job  kind   compactor                 lease left  failures  containers
            12   drain  compactor-a (3, epoch 9)  41.5 s      4         wal:00/1.wal

            to drain   3 MiB in 2 segments
            to merge   7 partitions
            to delete  1 container, the oldest waiting 5 min

            """.ReplaceLineEndings("\n"),
            output.ToString());
    }

    [Fact]
    public void The_scrub_is_shown_with_what_it_found()
    {
        var reply = new ListJobsReply
        {
            Scrub = new ScrubInfo
            {
                NowMs = 10_000_000, PassStartMs = 9_940_000, ObjectsTotal = 40, ObjectsDone = 12, BytesTotal = 3 << 20, BytesDone = 1 << 20,
                ObjectsUnread = 1, LastStartMs = 2_000_000, LastEndMs = 2_800_000, DamagedCount = 1001,
                Damaged = { new DamagedObject { ObjectId = 5, Key = "a/5.obj", Damage = ObjectDamageKind.Index, Position = 512, Reason = "its index" } },
            },
        };
        using var output = new StringWriter { NewLine = "\n" };

        JobList.Print(JobList.Describe(reply), output);

        Assert.EndsWith(
            """
            scrub      12 of 40 objects, 1 MiB of 3 MiB, since 60 s; the last pass ended 2 h ago
            unread     1 object
            damaged    1001 objects
              a/5.obj (5): index at 512: its index
              and 1000 more

            """.ReplaceLineEndings("\n"),
            output.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_scrub_that_never_was_says_so()
    {
        using var output = new StringWriter { NewLine = "\n" };

        JobList.Print(JobList.Describe(new ListJobsReply { Scrub = new ScrubInfo() }), output);

        Assert.EndsWith("scrub      none under way; no pass has ended yet\n", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jobs")]
    [InlineData("jobs", "--metadata", "nonsense")]
    [InlineData("fsck", "--metadata", "http://127.0.0.1:1")]
    [InlineData("fsck", "--metadata", "http://127.0.0.1:1", "--store", ".", "--volume", "wal")]
    [InlineData("fsck", "--metadata", "http://127.0.0.1:1", "--store", ".", "--grace", "soon")]
    public async Task A_cluster_has_to_be_named_rightly(params string[] words) =>
        Assert.Equal(ExitCode.Usage, (await ToolRun.Of(words)).ExitCode);
}
