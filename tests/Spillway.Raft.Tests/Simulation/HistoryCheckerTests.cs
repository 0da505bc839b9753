using Xunit;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>The test of the tests: each rule is broken by hand once, and a good history is not called bad.</summary>
public sealed class HistoryCheckerTests
{
    private readonly HistoryChecker _checker = new();

    public HistoryCheckerTests()
    {
        // Commands 10 to 14, of which 10, 11 and 12 are applied on node 1, in entries 5, 5 and 7.
        for (var id = 10; id < 15; id++)
        {
            _checker.OnProposed(id);
        }

        _checker.OnApplied(1, 0, 5, 10);
        _checker.OnApplied(1, 1, 5, 11);
        _checker.OnApplied(1, 2, 7, 12);
    }

    [Fact]
    public void A_good_history_is_good()
    {
        _checker.OnAcknowledged(10, 5, 0);
        _checker.OnAcknowledged(12, 7, 2);
        _checker.OnRefused(13);
        _checker.OnUnknown();
        _checker.OnApplied(2, 0, 5, 10);
        _checker.OnLoaded(3, 0, [10, 11]);
        _checker.OnApplied(3, 2, 7, 12);
        _checker.OnApplied(3, 3, 8, 14);
        _checker.OnRead(2, _checker.BeginRead(), 7, 9);
        _checker.OnLeading(1, 1, 4);
        _checker.OnLeading(1, 1, 4);
        _checker.OnLeading(2, 1, 5);
        _checker.OnSettled(3, 4);

        Assert.Equal((4, 2, 1, 1, 1), (_checker.Applied, _checker.Acknowledged, _checker.Refused,
            _checker.Unknown, _checker.Reads));
    }

    [Fact]
    public void Two_nodes_that_apply_different_commands_at_one_position_are_caught() =>
        Violates(HistoryRule.OneSequence, () => _checker.OnApplied(2, 0, 5, 14));

    [Fact]
    public void The_same_command_in_another_entry_is_caught() =>
        Violates(HistoryRule.OneSequence, () => _checker.OnApplied(2, 0, 6, 10));

    [Fact]
    public void A_command_left_out_is_caught() =>
        Violates(HistoryRule.OneSequence, () => _checker.OnApplied(2, 4, 8, 14));

    [Fact]
    public void An_entry_that_goes_back_is_caught() =>
        Violates(HistoryRule.OneSequence, () => _checker.OnApplied(1, 3, 6, 14));

    [Fact]
    public void A_command_that_is_applied_twice_is_caught() =>
        Violates(HistoryRule.OnceOnly, () => _checker.OnApplied(1, 3, 8, 10));

    [Fact]
    public void A_command_that_nobody_proposed_is_caught() =>
        Violates(HistoryRule.OnceOnly, () => _checker.OnApplied(1, 3, 8, 99));

    [Fact]
    public void A_refused_command_that_is_applied_later_is_caught()
    {
        _checker.OnRefused(13);

        Violates(HistoryRule.HonestRefusal, () => _checker.OnApplied(1, 3, 8, 13));
    }

    [Fact]
    public void A_refusal_of_what_was_applied_is_caught() =>
        Violates(HistoryRule.HonestRefusal, () => _checker.OnRefused(11));

    [Fact]
    public void Anothers_result_is_caught()
    {
        Violates(HistoryRule.OwnResult, () => _checker.OnAcknowledged(10, 5, 1));
        Violates(HistoryRule.OwnResult, () => _checker.OnAcknowledged(10, 7, 0));
    }

    [Fact]
    public void An_acknowledgement_of_what_nobody_has_applied_is_caught() =>
        Violates(HistoryRule.OwnResult, () => _checker.OnAcknowledged(14, 8, 3));

    [Fact]
    public void A_snapshot_of_another_history_is_caught()
    {
        Violates(HistoryRule.OneSequence, () => _checker.OnLoaded(2, 0, [10, 14]));
        Violates(HistoryRule.OneSequence, () => _checker.OnLoaded(2, 0, [10, 11, 12, 14]));
    }

    [Fact]
    public void A_snapshot_that_takes_a_node_back_is_caught() =>
        Violates(HistoryRule.NeverBack, () => _checker.OnLoaded(1, 3, [10, 11]));

    [Fact]
    public void A_read_that_misses_an_acknowledged_command_is_caught()
    {
        _checker.OnAcknowledged(12, 7, 2);
        var floor = _checker.BeginRead();

        Violates(HistoryRule.FreshRead, () => _checker.OnRead(2, floor, 5, 9));
    }

    [Fact]
    public void A_read_of_what_is_not_applied_yet_is_caught() =>
        Violates(HistoryRule.FreshRead, () => _checker.OnRead(2, 0, 7, 6));

    [Fact]
    public void A_read_need_not_see_what_was_acknowledged_after_it_began()
    {
        var floor = _checker.BeginRead();
        _checker.OnAcknowledged(12, 7, 2);

        _checker.OnRead(2, floor, 5, 5);
    }

    [Fact]
    public void Two_leaders_of_one_term_are_caught()
    {
        _checker.OnLeading(1, 1, 4);

        Violates(HistoryRule.OneLeader, () => _checker.OnLeading(2, 1, 4));
        Violates(HistoryRule.OneLeader, () => _checker.OnLeading(1, 2, 4));
    }

    [Fact]
    public void A_node_that_ends_without_everything_is_caught() =>
        Violates(HistoryRule.NothingLost, () => _checker.OnSettled(2, 2));

    private static void Violates(HistoryRule rule, Action action) =>
        Assert.Equal(rule, Assert.Throws<HistoryViolationException>(action).Rule);
}
