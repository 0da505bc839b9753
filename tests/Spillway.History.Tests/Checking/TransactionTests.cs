using Spillway.History.Checking;
using Spillway.History.Events;
using Spillway.History.Reporting;
using Xunit;
using static Spillway.History.Tests.Checking.Story;
using static Spillway.History.Tests.Checking.VersionOrderTests;

namespace Spillway.History.Tests.Checking;

/// <summary>Transactions: nothing is seen before its end, information goes one way, and what is consumed is consumed once.</summary>
public sealed class TransactionTests
{
    [Theory]
    [InlineData(1, AnomalyKind.PrecommittedRead)]
    [InlineData(2, null)]
    public void A_transaction_does_not_see_its_own_sends(int process, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2);
        if (process == 1)
        {
            story.Txn(1, Outcome.Ok, SendOf(A, 10, 0), PollOf(A, (0, 10)));
        }
        else
        {
            story.Txn(1, Outcome.Ok, SendOf(A, 10, 0)).Txn(2, Outcome.Ok, PollOf(A, (0, 10)));
        }

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData(true, AnomalyKind.CircularReads)]
    [InlineData(false, null)]
    public void Transactions_do_not_read_in_a_circle(bool firstReadsSecond, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2);
        var (one, two) = (story.Begin(1, Operation.Txn, SendOf(A, 10, 0)), story.Begin(2, Operation.Txn, SendOf(B, 20, 0)));
        story.End(2, two, Operation.Txn, Outcome.Ok, null, SendOf(B, 20, 0), PollOf(A, (0, 10)));
        Step[] polled = firstReadsSecond ? [PollOf(B, (0, 20))] : [];
        story.End(1, one, Operation.Txn, Outcome.Ok, null, [SendOf(A, 10, 0), .. polled]);

        AssertOnly(expected, story);
    }

    [Fact]
    public void A_reader_of_uncommitted_records_may_read_in_a_circle()
    {
        var story = new Story().Open(1, readCommitted: false).Open(2, readCommitted: false);
        var (one, two) = (story.Begin(1, Operation.Txn, SendOf(A, 10, 0)), story.Begin(2, Operation.Txn, SendOf(B, 20, 0)));
        story.End(2, two, Operation.Txn, Outcome.Ok, null, SendOf(B, 20, 0), PollOf(A, (0, 10)));
        story.End(1, one, Operation.Txn, Outcome.Ok, null, SendOf(A, 10, 0), PollOf(B, (0, 20)));

        AssertOnly(null, story);
    }

    [Fact]
    public void Writes_of_transactions_may_interleave()
    {
        var story = new Story().Open(1).Open(2);
        Step[] first = [SendOf(A, 10, 0), SendOf(A, 11, 2), SendOf(B, 12, 1)];
        Step[] second = [SendOf(A, 20, 1), SendOf(B, 21, 0)];
        var (one, two) = (story.Begin(1, Operation.Txn, first), story.Begin(2, Operation.Txn, second));
        story.End(1, one, Operation.Txn, Outcome.Ok, null, first).End(2, two, Operation.Txn, Outcome.Ok, null, second);

        var report = story.Check();

        Assert.True(report.IsClean, report.ToString());
        Assert.Equal(1, report.AllowedCounts[AnomalyKind.IntSendSkip]);
        Assert.Equal(1, report.AllowedCounts[AnomalyKind.WriteCycle]);
        Assert.Equal(1, report.AllowedCounts[AnomalyKind.CircularReadsAndWrites]);
    }

    [Theory]
    [InlineData(true, Outcome.Ok, AnomalyKind.ConsumedTwice)]
    [InlineData(true, Outcome.Fail, null)]
    [InlineData(false, Outcome.Ok, null)]
    public void A_committed_transaction_of_a_group_consumes_a_value_once(bool subscribed, Outcome second, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Open(2).Send(1, A, 10, 0);
        _ = subscribed ? story.Subscribe(2, A) : story.Assign(2, (A, 0));
        story.Txn(2, Outcome.Ok, PollOf(A, (0, 10))).Seek(2, A, 0).Txn(2, second, PollOf(A, (0, 10)));

        AssertOnly(expected, story);
    }

    [Fact]
    public void What_was_sent_twice_may_be_consumed_twice()
    {
        var story = new Story().Open(1, idempotent: false, mayDuplicate: true).Open(2).Send(1, A, 10, 0).Subscribe(2, A);

        AssertOnly(null, story.Txn(2, Outcome.Ok, PollOf(A, (0, 10))).Txn(2, Outcome.Ok, PollOf(A, (1, 10))));
    }

    [Theory]
    [InlineData(Outcome.Ok, 1, AnomalyKind.TornTransaction)]
    [InlineData(Outcome.Info, 1, AnomalyKind.TornTransaction)]
    [InlineData(Outcome.Info, -1, AnomalyKind.TornTransaction)]
    [InlineData(Outcome.Fail, 1, AnomalyKind.AbortedRead)]
    public void Of_a_transaction_all_is_seen_or_nothing(Outcome outcome, long offsetOfUnseen, AnomalyKind expected)
    {
        // The first partition shows that it was committed; of the other one everything is read, and its part is not there.
        var story = new Story().Open(1).Open(2).Send(2, B, 20, 0).Txn(1, outcome, SendOf(A, 10, 0), SendOf(B, 11, offsetOfUnseen));

        AssertOnly(expected, story.Poll(2, A, (0, 10)).Poll(2, B, (0, 20)).Final());
    }

    [Theory]
    [InlineData(Outcome.Info)]
    [InlineData(Outcome.Fail)]
    public void Nothing_of_a_transaction_that_was_not_committed_is_owed(Outcome outcome)
    {
        var story = new Story().Open(1).Open(2).Send(2, B, 20, 0).Txn(1, outcome, SendOf(A, 10, 0), SendOf(B, 11, 1));

        AssertOnly(null, story.Poll(2, B, (0, 20)).Final());
    }

    [Theory]
    [InlineData(Outcome.Ok, 0, AnomalyKind.WrongCommittedOffset)]
    [InlineData(Outcome.Ok, 5, null)]
    [InlineData(Outcome.Info, 0, null)]
    [InlineData(Outcome.Info, 5, null)]
    [InlineData(Outcome.Fail, 5, AnomalyKind.WrongCommittedOffset)]
    public void Offsets_stay_with_their_transaction(Outcome outcome, long found, AnomalyKind? expected)
    {
        var story = new Story().Open(1).Run(1, Operation.Commit, Outcome.Ok, null, Step.Committed("g", A, 0));
        var (txn, commit) = (story.Begin(1, Operation.Txn, SendOf(B, 10, 0)), story.Begin(1, Operation.Commit, Step.Committed("g", A, 5)));
        story.End(1, commit, Operation.Commit, outcome, null, Step.Committed("g", A, 5))
            .End(1, txn, Operation.Txn, outcome, null, SendOf(B, 10, 0))
            .Run(1, Operation.FetchOffsets, Outcome.Ok, null, Step.Committed("g", A, found));

        AssertOnly(expected, story);
    }

    [Theory]
    [InlineData("1>2 2>3 3>1", 1)]
    [InlineData("1>2 2>3 1>3 3>4", 0)]
    [InlineData("1>2 2>1 3>4 4>3 2>3", 2)]
    [InlineData("1>1 1>2", 1)]
    [InlineData("1>2 2>3 3>2 3>4 4>5 5>3", 1)]
    public void Cycles_of_a_graph_are_found(string graph, int expected)
    {
        var edges = graph.Split(' ').Select(static edge => (From: edge[0] - '0', To: edge[2] - '0'))
            .GroupBy(static edge => edge.From, static edge => edge.To)
            .ToDictionary(static node => node.Key, static node => node.ToHashSet());

        Assert.Equal(expected, StronglyConnected.FindCycles(edges).Count);
    }

    [Fact]
    public void A_long_chain_does_not_overflow_the_stack()
    {
        var edges = Enumerable.Range(0, 200_000).ToDictionary(static node => node, static node => new HashSet<int> { node + 1 });
        edges[200_000] = [0];

        Assert.Equal(200_001, Assert.Single(StronglyConnected.FindCycles(edges)).Count);
    }
}
