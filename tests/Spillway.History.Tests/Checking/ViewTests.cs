using Spillway.History.Checking;
using Spillway.History.Events;
using Spillway.History.Reporting;
using Xunit;
using static Spillway.History.Tests.Checking.Story;
using static Spillway.History.Tests.Checking.VersionOrderTests;

namespace Spillway.History.Tests.Checking;

/// <summary>What the cluster says about its partitions and groups, and how far behind its consumers are.</summary>
public sealed class ViewTests
{
    [Theory]
    [InlineData(0, 5, 5, AnomalyKind.ViewRegressed)]
    [InlineData(2, 4, 5, AnomalyKind.ViewRegressed)]
    [InlineData(2, 5, 3, AnomalyKind.ViewRegressed)]
    [InlineData(2, 5, 4, null)]
    [InlineData(3, 6, 6, null)]
    public void Offsets_of_a_partition_never_go_back(long start, long highWatermark, long lastStable, AnomalyKind? expected)
    {
        var story = new Story().Open(1)
            .Run(1, Operation.ListOffsets, Outcome.Ok, null, Step.View(A, 2, 5, 4))
            .Run(1, Operation.ListOffsets, Outcome.Ok, null, Step.View(A, start, highWatermark, lastStable));

        AssertOnly(expected, story);
    }

    [Fact]
    public void A_question_asked_before_may_be_answered_with_less()
    {
        var story = new Story().Open(1).Open(2);
        var asked = story.Begin(1, Operation.ListOffsets, Step.View(A, -1, -1, -1));
        story.Run(2, Operation.ListOffsets, Outcome.Ok, null, Step.View(A, 0, 5, 5))
            .End(1, asked, Operation.ListOffsets, Outcome.Ok, null, Step.View(A, 0, 4, 4));

        AssertOnly(null, story);
    }

    [Theory]
    [InlineData(7, AnomalyKind.ViewRegressed)]
    [InlineData(8, null)]
    public void The_end_lies_behind_what_was_acknowledged(long highWatermark, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Send(1, A, 10, 7)
            .Run(1, Operation.ListOffsets, Outcome.Ok, null, Step.View(A, 0, highWatermark, highWatermark));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(true, AnomalyKind.ViewRegressed)]
    [InlineData(false, null)]
    public void What_was_read_as_committed_lies_below_the_last_stable_offset(bool readCommitted, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2, readCommitted: readCommitted)
            .Send(1, A, 10, 7)
            .Poll(2, A, (7, 10))
            .Run(1, Operation.ListOffsets, Outcome.Ok, null, Step.View(A, 0, 8, 7));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(12345, null)]
    [InlineData(54321, AnomalyKind.DigestChanged)]
    public void A_range_keeps_its_bytes(long second, AnomalyKind? expected)
    {
        var story = new Story()
            .Run(1, Operation.Digest, Outcome.Ok, null, Step.Digest(A, 0, 100, 12345), Step.Digest(B, 0, 100, 1))
            .Run(1, Operation.Digest, Outcome.Ok, null, Step.Digest(A, 0, 100, second), Step.Digest(A, 0, 101, 1));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(17, null)]
    [InlineData(16, AnomalyKind.WrongTimeLookup)]
    public void An_offset_by_time_is_the_one_a_scan_finds(long answered, AnomalyKind? expected)
    {
        var story = new Story().Run(1, Operation.TimeLookup, Outcome.Ok, null, Step.Lookup(A, 1_700_000_000_000, answered, 17));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(Outcome.Ok, 9, null)]
    [InlineData(Outcome.Ok, 5, AnomalyKind.WrongCommittedOffset)]
    [InlineData(Outcome.Ok, -1, AnomalyKind.WrongCommittedOffset)]
    [InlineData(Outcome.Ok, 7, AnomalyKind.WrongCommittedOffset)]
    [InlineData(Outcome.Info, 9, null)]
    [InlineData(Outcome.Info, 5, null)]
    [InlineData(Outcome.Fail, 9, AnomalyKind.WrongCommittedOffset)]
    [InlineData(Outcome.Fail, 5, null)]
    public void A_groups_offset_is_that_of_its_last_commit(Outcome second, long fetched, AnomalyKind? expected)
    {
        var story = new Story()
            .Run(1, Operation.Commit, Outcome.Ok, null, Step.Committed("g", A, 5))
            .Run(1, Operation.Commit, second, null, Step.Committed("g", A, 9))
            .Run(2, Operation.FetchOffsets, Outcome.Ok, null, Step.Committed("g", A, fetched));

        AssertOnly(expected, story);
    }

    [Fact]
    public void Commits_at_the_same_time_may_end_either_way()
    {
        var story = new Story();
        var one = story.Begin(1, Operation.Commit, Step.Committed("g", A, 5));
        var two = story.Begin(2, Operation.Commit, Step.Committed("g", A, 9));
        story.End(1, one, Operation.Commit, Outcome.Ok, null, Step.Committed("g", A, 5))
            .End(2, two, Operation.Commit, Outcome.Ok, null, Step.Committed("g", A, 9))
            .Run(3, Operation.FetchOffsets, Outcome.Ok, null, Step.Committed("g", A, 5))
            .Run(3, Operation.FetchOffsets, Outcome.Ok, null, Step.Committed("g", A, 9));

        AssertOnly(null, story);
    }

    [Fact]
    public void A_group_that_never_committed_has_no_offset()
    {
        var story = new Story()
            .Run(1, Operation.FetchOffsets, Outcome.Ok, null, Step.Committed("g", A, -1))
            .Run(1, Operation.Commit, Outcome.Info, null, Step.Committed("g", A, 5))
            .Run(1, Operation.FetchOffsets, Outcome.Ok, null, Step.Committed("g", A, -1));

        AssertOnly(null, story);
    }

    [Fact]
    public void Lag_is_the_age_of_what_a_poll_did_not_bring()
    {
        // Line 4 acknowledges offset 0; the poll that begins at line 5 brings nothing, and neither does that of line 7.
        var story = new Story().Open(2).Assign(2, (A, 0)).Send(1, A, 10, 0).Poll(2, A).Poll(2, A).Poll(2, A, (0, 10)).Poll(2, A);

        var statistics = story.Check().Statistics;

        Assert.Equal(TimeSpan.FromSeconds(3), statistics.WorstLag);
        Assert.Equal(TimeSpan.Zero, statistics.WorstLagAfterHeal);
        Assert.Equal(TimeSpan.Zero, statistics.LagPercentile(0.4));
        Assert.InRange(statistics.LagPercentile(0.99), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4.3));
    }

    [Fact]
    public void Who_takes_up_a_partition_late_is_not_behind_for_its_whole_age()
    {
        // Line 3 acknowledges offset 0 and line 5 takes up the partition; the polls begin at lines 6 and 8.
        var story = new Story().Open(2).Send(1, A, 10, 0).Assign(2, (A, 0)).Poll(2, A).Poll(2, A);

        Assert.Equal(TimeSpan.FromSeconds(3), story.Check().Statistics.WorstLag);
    }

    [Theory]
    [InlineData(0, AnomalyKind.LagAfterHeal)]
    [InlineData(2, null)]
    public void Lag_after_all_faults_is_bounded(int graceSeconds, AnomalyKind? expected)
    {
        var story = new Story().Open(2).Assign(2, (A, 0)).Send(1, A, 10, 0);
        story.Add(new HistoryEvent { Outcome = Outcome.Ok, Operation = Operation.Heal }).Poll(2, A).Poll(2, A, (0, 10)).Poll(2, A);

        var options = new CheckerOptions { LagAfterHealMax = TimeSpan.FromSeconds(1), LagGrace = TimeSpan.FromSeconds(graceSeconds) };

        Assert.Equal(expected is { } kind ? [kind] : [], story.Kinds(options));
    }

    [Fact]
    public void The_summary_counts_operations_faults_and_anomalies()
    {
        var story = new Story().Open(1)
            .Send(1, A, 10, 0)
            .Send(1, A, 11, -1, Outcome.Info, error: "timeout")
            .Add(new HistoryEvent { Outcome = Outcome.Invoke, Operation = Operation.Fault, Text = "kill writer-a" })
            .Add(new HistoryEvent { Outcome = Outcome.Invoke, Operation = Operation.Fault, Text = "kill writer-b" })
            .Final();

        var summary = story.Check().Summary();

        Assert.StartsWith(
            "3 operations (2 ok, 0 fail, 1 info), 1 records acknowledged, 0 polled, 8 s; faults: 2 (kill 2); errors: 1 (timeout 1);",
            summary,
            StringComparison.Ordinal);
        Assert.EndsWith("anomalies: 1 (Unseen 1)", summary, StringComparison.Ordinal);
    }
}
