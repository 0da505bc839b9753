using Spillway.History.Checking;
using Spillway.History.Events;
using Spillway.History.Reporting;
using Xunit;
using static Spillway.History.Tests.Checking.Story;
using static Spillway.History.Tests.Checking.VersionOrderTests;

namespace Spillway.History.Tests.Checking;

/// <summary>What was acknowledged is read, what was aborted is not.</summary>
public sealed class VisibilityTests
{
    [Theory]
    [InlineData(Outcome.Ok, AnomalyKind.LostWrite)]
    [InlineData(Outcome.Info, null)]
    [InlineData(Outcome.Fail, null)]
    public void An_acknowledged_value_below_the_highest_read_is_read(Outcome outcome, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2)
            .Send(1, A, 10, 0, outcome)
            .Send(1, A, 11, 1)
            .Assign(2, (A, 1))
            .Poll(2, A, (1, 11));

        AssertOnly(expected, story);
    }

    [Fact]
    public void Nothing_is_lost_when_one_of_the_readers_has_it()
    {
        var story = new Story().Open(1).Open(2).Open(3)
            .Send(1, A, 10, 0)
            .Send(1, A, 11, 1)
            .Assign(2, (A, 1))
            .Poll(2, A, (1, 11))
            .Poll(3, A, (0, 10));

        AssertOnly(null, story);
    }

    [Fact]
    public void What_lies_below_the_log_start_is_not_lost()
    {
        var story = new Story().Open(1).Open(2)
            .Send(1, A, 10, 0)
            .Send(1, A, 11, 1)
            .Run(2, Operation.ListOffsets, Outcome.Ok, null, Step.View(A, 1, 2, 2))
            .Poll(2, A, (1, 11))
            .Final();

        AssertOnly(null, story);
    }

    [Theory]
    [InlineData(true, AnomalyKind.TornTransaction)]
    [InlineData(false, null)]
    public void A_transaction_of_which_a_part_is_seen_is_all_there(bool firstPartIsSeen, AnomalyKind? expected)
    {
        // Its end is not known; what is seen of it proves that it was committed.
        var story = new Story().Open(1).Open(2).Open(3)
            .Txn(1, Outcome.Info, SendOf(A, 10, 0), SendOf(B, 11, 0))
            .Send(3, B, 30, 1)
            .Poll(2, B, (1, 30));
        if (firstPartIsSeen)
        {
            story.Poll(2, A, (0, 10));
        }

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(true, AnomalyKind.Unseen)]
    [InlineData(false, null)]
    public void What_nobody_has_read_after_the_final_phase_is_unseen(bool hasFinal, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Send(1, A, 10, 0);
        if (hasFinal)
        {
            story.Final();
        }

        AssertOnly(expected, story);
        Assert.Equal(hasFinal, story.Check().HasFinal);
    }

    [Theory]
    [InlineData(true, AnomalyKind.LostWrite)]
    [InlineData(false, null)]
    public void An_acknowledgement_without_an_offset_is_one_all_the_same(bool hasFinal, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Send(1, A, 10, -1);
        if (hasFinal)
        {
            story.Final();
        }

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(Outcome.Fail, AnomalyKind.AbortedRead)]
    [InlineData(Outcome.Info, null)]
    [InlineData(Outcome.Ok, null)]
    public void What_failed_is_never_read(Outcome outcome, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2).Send(1, A, 10, -1, outcome).Poll(2, A, (0, 10));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(true, AnomalyKind.AbortedRead)]
    [InlineData(false, null)]
    public void An_aborted_transaction_is_read_by_those_only_who_want_to(bool readCommitted, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2, readCommitted: readCommitted);
        var txn = story.Begin(1, Operation.Txn, SendOf(A, 10, 0));
        story.Poll(2, A, (0, 10)).End(1, txn, Operation.Txn, Outcome.Fail, "abort", SendOf(A, 10, 0));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(4, AnomalyKind.EndUnreachable)]
    [InlineData(5, null)]
    public void A_final_read_gets_to_the_end(long position, AnomalyKind? expected)
    {
        var story = new Story().Final(Outcome.Info, Step.End(A, position, 5));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(true, AnomalyKind.CorruptBatch)]
    [InlineData(false, null)]
    public void A_corrupt_batch_is_reported(bool isCorrupt, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Run(1, Operation.Poll, Outcome.Ok, null, isCorrupt ? [Step.Corrupt(A, 3)] : []);

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData("OUT_OF_ORDER_SEQUENCE_NUMBER", AnomalyKind.ForbiddenError)]
    [InlineData("UNKNOWN_SERVER_ERROR", AnomalyKind.ForbiddenError)]
    [InlineData("UNKNOWN_TOPIC_OR_PARTITION", AnomalyKind.ForbiddenError)]
    [InlineData("NOT_LEADER_OR_FOLLOWER", null)]
    [InlineData("KAFKA_STORAGE_ERROR", null)]
    [InlineData("timeout", null)]
    public void Errors_are_those_that_clients_retry(string error, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Send(1, A, 10, -1, Outcome.Info, error: error);

        AssertOnly(expected, story);
        Assert.Empty(story.Kinds(new CheckerOptions { JudgesErrors = false }));
        Assert.Equal(1, story.Check().Statistics.Errors[error]);
    }

    [Theory]
    [InlineData(Operation.Fatal, AnomalyKind.FatalClientError)]
    [InlineData(Operation.Note, null)]
    public void A_client_that_gives_up_is_an_anomaly(Operation operation, AnomalyKind? expected)
    {
        var story = new Story().Add(
            new HistoryEvent { Outcome = Outcome.Info, Operation = operation, Process = 1, Text = "sequence desynchronised" });

        AssertOnly(expected, story);
    }
}
