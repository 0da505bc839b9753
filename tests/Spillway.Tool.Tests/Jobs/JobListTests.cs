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

    [Theory]
    [InlineData("jobs")]
    [InlineData("jobs", "--metadata", "nonsense")]
    [InlineData("fsck", "--metadata", "http://127.0.0.1:1")]
    [InlineData("fsck", "--metadata", "http://127.0.0.1:1", "--store", ".", "--volume", "wal")]
    [InlineData("fsck", "--metadata", "http://127.0.0.1:1", "--store", ".", "--grace", "soon")]
    public async Task A_cluster_has_to_be_named_rightly(params string[] words) =>
        Assert.Equal(ExitCode.Usage, (await ToolRun.Of(words)).ExitCode);
}
