using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>What observers in a group are told where a proposal has no result.</summary>
public sealed class ObserverTests
{
    private readonly List<(int Id, ReplicatedLogException? Reason)> _told = [];

    [Fact]
    public void Observers_of_a_lost_leader_are_told_once_that_the_outcome_is_unknown()
    {
        using var group = new SteppedGroup(3);
        var leader = group.Elect(1);
        group.Cut(1);
        Propose(leader, 0);
        Propose(leader, 1);
        group.Settle();
        Propose(leader, 2); // in no entry yet
        Assert.Empty(_told);

        group.ElectAnyOf(2, 3);
        group.Heal();
        group.Tick(3);
        group.Commit(10, 3);
        group.Tick(3);

        Assert.Equal([0, 1, 2], _told.Select(static one => one.Id).Order());
        Assert.All(_told, static one => Assert.IsType<LeadershipLostException>(one.Reason));
        Assert.All(_told.Where(static one => one.Id < 2), static one => Assert.True(one.Reason!.OutcomeUnknown));
        Assert.Equal([10, 11, 12], leader.State.Ids);
    }

    private void Propose(SteppedNode leader, int id) =>
        leader.Running.Propose(JournalStateMachine.Command(id), new Observer(id, _told));

    private sealed class Observer(int id, List<(int Id, ReplicatedLogException? Reason)> told) : IProposalObserver
    {
        public void OnCommitted(ulong index, object? result) => told.Add((id, null));

        public void OnFailed(ReplicatedLogException reason) => told.Add((id, reason));
    }
}
