using Spillway.History.Events;
using Spillway.History.Reporting;
using Xunit;
using static Spillway.History.Tests.Checking.Story;

namespace Spillway.History.Tests.Checking;

/// <summary>Offsets and values belong together one to one, and to the partition they were sent to.</summary>
public sealed class VersionOrderTests
{
    [Fact]
    public void A_plain_history_is_clean()
    {
        var story = new Story().Open(1).Open(2)
            .Send(1, A, 10, 0, count: 3)
            .Assign(2, (A, 0))
            .Poll(2, A, (0, 10), (1, 11))
            .Poll(2, A, (2, 12))
            .Final();

        var report = story.Check();

        Assert.Empty(report.Counts);
        Assert.Empty(report.AllowedCounts);
        Assert.Equal(3, report.Statistics.RecordsAcked);
        Assert.Equal(3, report.Statistics.RecordsPolled);
    }

    [Theory]
    [InlineData(20, AnomalyKind.InconsistentOffsets)]
    [InlineData(10, null)]
    public void Two_values_at_one_offset_are_inconsistent(long secondValue, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2).Open(3).Open(4)
            .Send(1, A, 10, -1, Outcome.Info)
            .Send(2, A, 20, -1, Outcome.Info)
            .Poll(3, A, (0, 10))
            .Poll(4, A, (0, secondValue));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(0, AnomalyKind.InconsistentOffsets)]
    [InlineData(1, null)]
    public void Acknowledgements_count_as_much_as_polls(long secondOffset, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2);
        var (first, second) = (story.Begin(1, Operation.Send, SendOf(A, 10, 0)), story.Begin(2, Operation.Send, SendOf(A, 20, 0)));
        story.End(1, first, Operation.Send, Outcome.Ok, null, SendOf(A, 10, 0));
        story.End(2, second, Operation.Send, Outcome.Ok, null, SendOf(A, 20, secondOffset));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(1, AnomalyKind.Duplicate)]
    [InlineData(0, null)]
    public void One_value_at_two_offsets_is_a_duplicate(long secondOffset, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2).Open(3)
            .Send(1, A, 10, 0)
            .Poll(2, A, (0, 10))
            .Poll(3, A, (secondOffset, 10));

        AssertOnly(expected, story);
    }

    [Fact]
    public void A_producer_that_sends_again_without_sequences_may_duplicate()
    {
        var story = new Story().Open(1, idempotent: false, mayDuplicate: true).Open(2)
            .Send(1, A, 10, 0)
            .Poll(2, A, (0, 10), (1, 10));

        var report = story.Check();

        Assert.Empty(report.Counts);
        Assert.Equal(1, report.AllowedCounts[AnomalyKind.Duplicate]);
    }

    [Theory]
    [InlineData(7, AnomalyKind.WrongAckOffset)]
    [InlineData(5, null)]
    public void A_value_lies_where_its_acknowledgement_says(long polledOffset, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2).Send(1, A, 10, 5).Poll(2, A, (polledOffset, 10));

        AssertOnly(expected, story);
    }

    [Fact]
    public void An_acknowledgement_after_the_poll_is_held_to_it_too()
    {
        var story = new Story().Open(1).Open(2);
        var send = story.Begin(1, Operation.Send, SendOf(A, 10, 0));
        story.Poll(2, A, (7, 10)).End(1, send, Operation.Send, Outcome.Ok, null, SendOf(A, 10, 5));

        AssertOnly(AnomalyKind.WrongAckOffset, story);
    }

    [Fact]
    public void A_client_that_sends_twice_may_be_told_of_the_second_copy()
    {
        var story = new Story().Open(1, idempotent: false, mayDuplicate: true).Open(2);
        var send = story.Begin(1, Operation.Send, SendOf(A, 10, 0));
        story.Poll(2, A, (5, 10)).End(1, send, Operation.Send, Outcome.Ok, null, SendOf(A, 10, 7)).Poll(2, A, (7, 10));
        AssertOnly(null, story);

        var other = new Story().Open(1, idempotent: false, mayDuplicate: true).Open(2).Send(1, A, 10, 7).Send(2, A, 20, 8);
        other.Poll(2, A, (5, 10)).Poll(2, A, (7, 20));
        Assert.NotEmpty(other.Check().Counts);
    }

    [Fact]
    public void Offsets_within_an_acknowledged_batch_follow_each_other()
    {
        var story = new Story().Open(1).Open(2).Send(1, A, 10, 0, count: 2).Poll(2, A, (0, 10), (2, 11));

        AssertOnly(AnomalyKind.WrongAckOffset, story);
    }

    [Theory]
    [InlineData(0, AnomalyKind.StaleAckOffset)]
    [InlineData(9, null)]
    public void An_offset_below_what_was_known_is_no_new_one(long secondOffset, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2).Open(3)
            .Send(1, A, 10, 8)
            .Send(2, A, 20, secondOffset)
            .Poll(3, A, (secondOffset, 20))
            .Poll(3, B)
            .Run(3, Operation.Seek, Outcome.Ok, null, Step.Position(A, 8))
            .Poll(3, A, (8, 10));

        AssertOnly(expected, story);
    }

    [Fact]
    public void An_offset_below_one_that_became_known_meanwhile_is_fine()
    {
        var story = new Story().Open(1).Open(2);
        var first = story.Begin(1, Operation.Send, SendOf(A, 10, 0));
        story.Send(2, A, 20, 8).End(1, first, Operation.Send, Outcome.Ok, null, SendOf(A, 10, 7));

        AssertOnly(null, story);
    }

    [Theory]
    [InlineData(A, 99, AnomalyKind.PhantomRead)]
    [InlineData(B, 10, AnomalyKind.PhantomRead)]
    [InlineData(A, 10, null)]
    public void A_value_comes_from_somebody_who_sent_it_there(string key, long value, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2).Send(1, A, 10, -1, Outcome.Info).Poll(2, key, (0, value));

        AssertOnly(expected, story);
    }

    internal static void AssertOnly(AnomalyKind? expected, Story story)
    {
        var report = story.Check();
        Assert.True(report.Counts.Keys.SequenceEqual(expected is { } kind ? [kind] : []), report.ToString());
    }
}
