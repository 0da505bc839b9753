using Spillway.Raft.Core;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Changes of membership that were asked for here: checked, proposed one at a time in the order asked, and done when that very
/// change is seen applied. One that cannot be proposed yet waits as long as who asked for it does. Owned by the log's thread; used only while this node leads.
/// </summary>
internal sealed class MembershipChanges(
    ulong nodeId, ulong processEpoch, IRaftCore core, PeerActivity activity, Func<ulong> nextTag)
{
    /// <summary>A learner this near to the leader's end holds nothing up once its vote counts.</summary>
    public const ulong PromotionLagMax = 256;

    // In the order in which they were asked for; each is judged again by what the members are by then.
    private readonly List<Request> _waiting = [];
    private (ulong Tag, MemberChange Change, TaskCompletionSource? Waiter)? _proposed;

    /// <summary>What a waiting request comes to at the moment.</summary>
    private enum Judgement
    {
        /// <summary>It is answered: nothing to do, or no sense in it.</summary>
        Answered,

        /// <summary>Nothing against it.</summary>
        Ready,

        /// <summary>Not yet: a learner lags, or others were not heard of yet.</summary>
        Early,
    }

    public void AddLearner(GroupMember learner, TaskCompletionSource waiter) => Ask(
        new MemberChange(MemberChangeKind.AddLearner, learner.NodeId, learner.Address, learner.ServiceAddress), waiter);

    public void Promote(ulong learnerId, TaskCompletionSource waiter) =>
        Ask(new MemberChange(MemberChangeKind.Promote, learnerId), waiter);

    public void Remove(ulong memberId, TaskCompletionSource waiter) =>
        Ask(new MemberChange(MemberChangeKind.Remove, memberId), waiter);

    public void Demote(ulong voterId, TaskCompletionSource waiter) =>
        Ask(new MemberChange(MemberChangeKind.Demote, voterId), waiter);

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

    /// <summary>
    /// Proposes the first of those that wait for which the time has come; true when it did. None while another change is under
    /// way or leadership is being handed over.
    /// </summary>
    public bool TryNext()
    {
        _waiting.RemoveAll(static request => request.Waiter.Task.IsCompleted);
        for (var i = 0; _proposed is null && i < _waiting.Count; i++)
        {
            var request = _waiting[i];
            switch (Judge(request))
            {
                case Judgement.Ready when Propose(request.Change, request.Waiter):
                    _waiting.RemoveAt(i);
                    return true;
                case Judgement.Ready:
                    return false;
                default:
                    break;
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
            proposed.Waiter?.TrySetException(new MembershipChangeException(
                $"The change of node {proposed.Change.NodeId} made no sense any more."));
        }
    }

    /// <summary>Leadership is gone, or the log is. A change that was proposed may still be applied.</summary>
    public void FailAll(Func<bool, Exception> reason)
    {
        _proposed?.Waiter?.TrySetException(reason(true));
        _proposed = null;
        _waiting.ForEach(request => request.Waiter.TrySetException(reason(false)));
        _waiting.Clear();
    }

    private void Ask(MemberChange change, TaskCompletionSource waiter)
    {
        var request = new Request(change, waiter, activity.Now);
        if (Judge(request) != Judgement.Answered)
        {
            _waiting.Add(request);
        }
    }

    private Judgement Judge(Request request)
    {
        var id = request.Change.NodeId;
        var known = core.Membership.Find(id);
        return request.Change.Kind switch
        {
            MemberChangeKind.AddLearner => known switch
            {
                null => Judgement.Ready,
                { Voter: true } => Refuse(request, $"Node {id} is a voter of this group already."),
                _ when known.Address == request.Change.Address && known.ServiceAddress == request.Change.ServiceAddress =>
                    Done(request),
                _ => Judgement.Ready,
            },
            MemberChangeKind.Promote => known switch
            {
                null => Refuse(request, $"Node {id} is no member of this group: add it as a learner first."),
                { Voter: true } => Done(request),
                _ => IsNear(id) ? Judgement.Ready : Judgement.Early,
            },
            _ => known is null || (request.Change.Kind == MemberChangeKind.Demote && !known.Voter)
                ? Refuse(request, $"Node {id} is no {(known is null ? "member" : "voter")} of this group.")
                : JudgeLeave(request, known),
        };
    }

    private Judgement JudgeLeave(Request request, GroupMember member)
    {
        if (!member.Voter)
        {
            return Judgement.Ready;
        }

        if (core.Membership.VoterCount == 1)
        {
            return Refuse(request, $"Node {member.NodeId} is the last voter of this group; it has to stay.");
        }

        if (member.NodeId == nodeId)
        {
            return Refuse(request, $"Node {member.NodeId} leads: it hands leadership over before it leaves.");
        }

        if (KeepsQuorum(core.Membership, without: member.NodeId))
        {
            return Judgement.Ready;
        }

        // Who has just begun to lead has not heard of everyone.
        return activity.IsLongAgo(request.AskedAt)
            ? Refuse(
                request,
                $"Without node {member.NodeId} no majority of the voters that remain is in touch; the group would stop.")
            : Judgement.Early;
    }

    // Its match proves that it has begun to write a log: a node that knows no group yet never gets a vote, which is how a
    // voter that lost its folder is told from a new node.
    private bool IsNear(ulong learnerId) =>
        activity.IsActive(learnerId) && core.Followers().Any(follower => follower.NodeId == learnerId
            && follower is { InSnapshot: false, MatchIndex: > 0 } && follower.MatchIndex + PromotionLagMax >= core.LastIndex);

    private bool KeepsQuorum(Membership members, ulong without)
    {
        var voters = members.VoterCount - 1;
        var active = members.Members.Count(member => member.Voter && member.NodeId != without
            && (member.NodeId == nodeId || activity.IsActive(member.NodeId)));
        return active >= (voters / 2) + 1;
    }

    // False while the core takes no change: another one or the term's first entry is not applied, or leadership is being handed over.
    private bool Propose(MemberChange change, TaskCompletionSource? waiter)
    {
        var tag = nextTag();
        if (!core.TryProposeChange(MemberChangeFormat.WriteEntry(change, nodeId, processEpoch, tag), change))
        {
            return false;
        }

        _proposed = (tag, change, waiter);
        return true;
    }

    private static Judgement Done(Request request)
    {
        request.Waiter.TrySetResult();
        return Judgement.Answered;
    }

    private static Judgement Refuse(Request request, string reason)
    {
        request.Waiter.TrySetException(new MembershipChangeException(reason));
        return Judgement.Answered;
    }

    private sealed record Request(MemberChange Change, TaskCompletionSource Waiter, long AskedAt);
}
