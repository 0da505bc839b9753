using Spillway.Raft.Core;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Hands leadership over and tells those who asked how it went: another node leads, or nobody does within two election
/// time-outs. Owned by the log's thread.
/// </summary>
internal sealed class LeadershipTransfer(ulong nodeId, IRaftCore core, PeerActivity activity, int electionTicks)
{
    private readonly List<TaskCompletionSource<bool>> _waiters = [];
    private int _ticksLeft;

    public bool IsUnderWay => _ticksLeft > 0;

    /// <summary>Begins, to the named voter or to the one that is furthest.</summary>
    public void Begin(ulong? to, TaskCompletionSource<bool> waiter)
    {
        if (to is { } named && !core.Membership.IsVoter(named))
        {
            waiter.TrySetException(new MembershipChangeException($"Node {named} is no voter of this group."));
        }
        else if (to == nodeId || (to ?? Furthest()) is not { } target || !core.TryTransferLeadership(target))
        {
            waiter.TrySetResult(false);
        }
        else
        {
            _waiters.Add(waiter);
            _ticksLeft = 2 * electionTicks;
        }
    }

    /// <summary>To be called after each step: whether it is done.</summary>
    public void Check()
    {
        if (IsUnderWay && core.Role != RaftRole.Leader && core.LeaderId != 0)
        {
            End(true);
        }
    }

    public void Tick()
    {
        if (IsUnderWay && --_ticksLeft == 0)
        {
            End(false);
        }
    }

    public void End(bool handedOver)
    {
        _ticksLeft = 0;
        _waiters.ForEach(waiter => waiter.TrySetResult(handedOver));
        _waiters.Clear();
    }

    private ulong? Furthest()
    {
        FollowerProgress? best = null;
        foreach (var follower in core.Followers())
        {
            if (core.Membership.IsVoter(follower.NodeId) && activity.IsActive(follower.NodeId)
                && (best is not { } other || follower.MatchIndex > other.MatchIndex))
            {
                best = follower;
            }
        }

        return best?.NodeId;
    }
}
