using Spillway.History.Events;
using Spillway.History.Reporting;
using Xunit;
using static Spillway.History.Tests.Checking.Story;
using static Spillway.History.Tests.Checking.VersionOrderTests;

namespace Spillway.History.Tests.Checking;

/// <summary>Consumers go forward without leaving anything out; producers' sends keep their order.</summary>
public sealed class OrderTests
{
    [Theory]
    [InlineData(new long[] { 0, 1, 2 }, null)]
    [InlineData(new long[] { 1, 0 }, AnomalyKind.IntNonmonotonicPoll)]
    [InlineData(new long[] { 0, 1, 1, 2 }, AnomalyKind.IntNonmonotonicPoll)]
    [InlineData(new long[] { 0, 2 }, AnomalyKind.IntPollSkip)]
    public void One_poll_goes_forward_without_a_gap(long[] offsets, AnomalyKind? expected)
    {
        var story = ThreeRecords().Poll(2, A, [.. offsets.Select(static offset => (offset, 10 + offset))]);

        AssertOnlyOrder(expected, story);
    }

    [Theory]
    [InlineData(1, 2, null)]
    [InlineData(1, 1, AnomalyKind.NonmonotonicPoll)]
    [InlineData(1, 0, AnomalyKind.NonmonotonicPoll)]
    [InlineData(0, 2, AnomalyKind.PollSkip)]
    public void Polls_of_an_assigned_consumer_go_forward_without_a_gap(long first, long second, AnomalyKind? expected)
    {
        var story = ThreeRecords().Assign(2, (A, first)).Poll(2, A, (first, 10 + first)).Poll(2, A, (second, 10 + second));

        AssertOnlyOrder(expected, story);
    }

    [Theory]
    [InlineData(1, 1, null)]
    [InlineData(1, 2, AnomalyKind.PollSkip)]
    [InlineData(1, 0, AnomalyKind.NonmonotonicPoll)]
    public void The_first_poll_begins_where_the_consumer_was_told_to(long start, long first, AnomalyKind? expected)
    {
        AssertOnlyOrder(expected, ThreeRecords().Assign(2, (A, start)).Poll(2, A, (first, 10 + first)));
        AssertOnlyOrder(expected, ThreeRecords().Seek(2, A, start).Poll(2, A, (first, 10 + first)));
    }

    [Theory]
    [InlineData(0, AnomalyKind.NonmonotonicPoll)]
    [InlineData(2, AnomalyKind.PollSkip)]
    public void A_group_may_move_its_consumers(long second, AnomalyKind allowed)
    {
        var first = second == 0 ? 1 : 0;
        var story = ThreeRecords().Subscribe(2, A).Poll(2, A, (first, 10 + first)).Poll(2, A, (second, 10 + second));

        var report = story.Poll(3, A, (0, 10), (1, 11), (2, 12)).Check();

        Assert.True(report.IsClean, report.ToString());
        Assert.Equal([allowed], report.AllowedCounts.Keys);
    }

    [Fact]
    public void A_rebalance_within_a_poll_lets_it_start_elsewhere()
    {
        var story = ThreeRecords().Subscribe(2, A)
            .Run(2, Operation.Poll, Outcome.Ok, null, PollOf(A, (1, 11)), Step.Rebalance(A), PollOf(A, (0, 10), (1, 11), (2, 12)));

        AssertOnly(null, story);
    }

    [Fact]
    public void Offsets_without_a_visible_value_are_no_gap()
    {
        // 1 is the marker of an aborted transaction, whose record at 0 nobody sees, and 2 is of unknown fate.
        var story = new Story().Open(1).Open(2).Open(3)
            .Txn(1, Outcome.Fail, SendOf(A, 10, 0))
            .Send(3, A, 30, 2, Outcome.Info)
            .Send(3, A, 31, 3)
            .Assign(2, (A, 0))
            .Poll(2, A, (3, 31));

        AssertOnly(null, story);
    }

    [Fact]
    public void A_failed_transaction_leaves_the_position_where_it_was()
    {
        var story = ThreeRecords().Assign(2, (A, 0))
            .Txn(2, Outcome.Fail, PollOf(A, (0, 10), (1, 11)))
            .Poll(2, A, (0, 10), (1, 11), (2, 12));

        AssertOnly(null, story);
    }

    [Fact]
    public void A_crashed_consumer_starts_anew()
    {
        var story = ThreeRecords().Poll(2, A, (1, 11))
            .Add(new HistoryEvent { Outcome = Outcome.Info, Operation = Operation.Crash, Process = 2 })
            .Poll(2, A, (0, 10), (1, 11), (2, 12));

        AssertOnly(null, story);
    }

    [Theory]
    [InlineData(0, 1, null)]
    [InlineData(1, 0, AnomalyKind.NonmonotonicSend)]
    public void A_producers_acknowledged_sends_keep_their_order(long first, long second, AnomalyKind? expected)
    {
        var story = new Story().Open(1, idempotent: false).Open(2);
        var (a, b) = (story.Begin(1, Operation.Send, SendOf(A, 10, 0)), story.Begin(1, Operation.Send, SendOf(A, 11, 0)));
        story.End(1, a, Operation.Send, Outcome.Ok, null, SendOf(A, 10, first));
        story.End(1, b, Operation.Send, Outcome.Ok, null, SendOf(A, 11, second));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(true, AnomalyKind.NonmonotonicSend)]
    [InlineData(false, null)]
    public void Sends_of_unknown_fate_keep_it_where_there_are_sequences(bool idempotent, AnomalyKind? expected)
    {
        var story = new Story().Open(1, idempotent).Open(2)
            .Send(1, A, 10, -1, Outcome.Info)
            .Send(1, A, 11, 0)
            .Poll(2, A, (0, 11), (1, 10));

        AssertOnly(expected, story);
    }

    [Fact]
    public void A_new_producer_begins_a_new_order()
    {
        var story = new Story().Open(1).Open(2)
            .Send(1, A, 10, -1, Outcome.Info)
            .Open(1)
            .Send(1, A, 11, 0)
            .Poll(2, A, (0, 11), (1, 10));

        AssertOnly(null, story);
    }

    [Theory]
    [InlineData(0, 1, null)]
    [InlineData(1, 0, AnomalyKind.IntNonmonotonicSend)]
    public void Sends_of_one_transaction_keep_their_order(long first, long second, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Txn(1, Outcome.Ok, SendOf(A, 10, first), SendOf(A, 11, second));

        AssertOnly(expected, story);
    }

    private static Story ThreeRecords() => new Story().Open(1).Open(2).Open(3).Send(1, A, 10, 0, count: 3);

    /// <summary>Another consumer reads it all, so that nothing counts as lost.</summary>
    private static void AssertOnlyOrder(AnomalyKind? expected, Story story) =>
        AssertOnly(expected, story.Poll(3, A, (0, 10), (1, 11), (2, 12)));
}
