using Spillway.Raft.Core;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Changes of membership that were asked for here: checked, proposed one at a time, and done when that very change is seen
/// applied. Owned by the log's thread; used only while this node leads.
/// </summary>
internal sealed class MembershipChanges(
    ulong nodeId, ulong processEpoch, IRaftCore core, PeerActivity activity, Func<ulong> nextTag)
{
    /// <summary>A learner this near to the leader's end holds nothing up once its vote counts.</summary>
    public const ulong PromotionLagMax = 256;

    private readonly List<(ulong NodeId, TaskCompletionSource Waiter)> _promotions = [];
    private (ulong Tag, MemberChange Change, TaskCompletionSource? Waiter)? _proposed;

    public void AddLearner(GroupMember learner, TaskCompletionSource waiter)
    {
        var known = core.Membership.Find(learner.NodeId);
        if (known is { Voter: true })
        {
            Refuse(waiter, $"Node {learner.NodeId} is a voter of this group already.");
        }
        else if (known == learner)
        {
            waiter.TrySetResult();
        }
        else
        {
            Propose(
                new MemberChange(
                    MemberChangeKind.AddLearner, learner.NodeId, learner.Address, learner.ServiceAddress),
                waiter);
        }
    }

    public void Promote(ulong learnerId, TaskCompletionSource waiter)
    {
        switch (core.Membership.Find(learnerId))
        {
            case null:
                Refuse(waiter, $"Node {learnerId} is no member of this group: add it as a learner first.");
                break;
            case { Voter: true }:
                waiter.TrySetResult();
                break;
            default:
                _promotions.Add((learnerId, waiter));
                break;
        }
    }

    public void Remove(ulong memberId, TaskCompletionSource waiter)
    {
        if (core.Membership.Find(memberId) is not { } member)
        {
            Refuse(waiter, $"Node {memberId} is no member of this group.");
        }
        else
        {
            TakeAway(new MemberChange(MemberChangeKind.Remove, memberId), member, waiter);
        }
    }

    public void Demote(ulong voterId, TaskCompletionSource waiter)
    {
        if (core.Membership.Find(voterId) is not { Voter: true } voter)
        {
            Refuse(waiter, $"Node {voterId} is no voter of this group.");
        }
        else
        {
            TakeAway(new MemberChange(MemberChangeKind.Demote, voterId), voter, waiter);
        }
    }

    private void TakeAway(MemberChange change, GroupMember member, TaskCompletionSource waiter)
    {
        var members = core.Membership;
        if (member.Voter && members.VoterCount == 1)
        {
            Refuse(waiter, $"Node {member.NodeId} is the last voter of this group; it has to stay.");
        }
        else if (member.Voter && !KeepsQuorum(members, without: member.NodeId))
        {
            Refuse(waiter, $"Without node {member.NodeId} no majority of the voters that remain is in touch; the group would stop.");
        }
        else
        {
            Propose(change, waiter);
        }
    }

    /// <summary>
    /// This node, which leads, is reached elsewhere than the members know. Nobody waits for it: it is tried again with the next tick.
    /// </summary>
    public void Readdress(ulong memberId, string address, string serviceAddress)
    {
        if (_proposed is null && core.Membership.Find(memberId) is { } known
            && (known.Address != address || known.ServiceAddress != serviceAddress))
        {
            Propose(new MemberChange(MemberChangeKind.Readdress, memberId, address, serviceAddress), waiter: null);
        }
    }

    /// <summary>Proposes the first promotion whose learner has come near; true when it did.</summary>
    public bool TryPromote()
    {
        _promotions.RemoveAll(static promotion => promotion.Waiter.Task.IsCompleted);
        if (_promotions.Count == 0 || _proposed is not null)
        {
            return false;
        }

        var followers = core.Followers();
        for (var i = 0; i < _promotions.Count; i++)
        {
            var (learnerId, waiter) = _promotions[i];
            if (core.Membership.Find(learnerId) is null)
            {
                Refuse(waiter, $"Node {learnerId} was removed from this group.");
            }
            else if (followers.Any(follower => follower.NodeId == learnerId && IsNear(follower)))
            {
                _promotions.RemoveAt(i);
                return Propose(new MemberChange(MemberChangeKind.Promote, learnerId), waiter);
            }
        }

        return false;
    }

    /// <summary>A change was applied, whoever proposed it.</summary>
    public void Applied(in LogEntryHeader header, bool changed)
    {
        if (_proposed is not { } proposed || header.NodeId != nodeId || header.ProcessEpoch != processEpoch
            || header.Tag != proposed.Tag)
        {
            return;
        }

        _proposed = null;
        if (changed)
        {
            proposed.Waiter?.TrySetResult();
        }
        else
        {
            Refuse(proposed.Waiter, $"The change of node {proposed.Change.NodeId} made no sense any more.");
        }
    }

    /// <summary>Leadership is gone, or the log is. A change that was proposed may still be applied.</summary>
    public void FailAll(Func<bool, Exception> reason)
    {
        _proposed?.Waiter?.TrySetException(reason(true));
        _proposed = null;
        _promotions.ForEach(promotion => promotion.Waiter.TrySetException(reason(false)));
        _promotions.Clear();
    }

    // Its match proves that it has begun to write a log: a node that knows no group yet never gets a vote, which is how a
    // voter that lost its folder is told from a new node.
    private bool IsNear(FollowerProgress follower) =>
        follower is { InSnapshot: false, MatchIndex: > 0 } && activity.IsActive(follower.NodeId)
        && follower.MatchIndex + PromotionLagMax >= core.LastIndex;

    private bool KeepsQuorum(Membership members, ulong without)
    {
        var voters = members.VoterCount - 1;
        var active = members.Members.Count(member => member.Voter && member.NodeId != without
            && (member.NodeId == nodeId || activity.IsActive(member.NodeId)));
        return active >= (voters / 2) + 1;
    }

    private bool Propose(MemberChange change, TaskCompletionSource? waiter)
    {
        if (_proposed is not null)
        {
            Refuse(waiter, "Another change of membership is under way; wait for its end.");
            return false;
        }

        var tag = nextTag();
        if (!core.TryProposeChange(MemberChangeFormat.WriteEntry(change, nodeId, processEpoch, tag), change))
        {
            Refuse(waiter, "A change of membership cannot be taken now: another one is under way, "
                + "or leadership is changing; try again.");
            return false;
        }

        _proposed = (tag, change, waiter);
        return true;
    }

    private static void Refuse(TaskCompletionSource? waiter, string reason) =>
        waiter?.TrySetException(new MembershipChangeException(reason));
}
