using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Hosting;

internal sealed partial class ReplicatedLogEngine : IRaftReceiver
{
    /// <summary>For the transport; safe from any thread.</summary>
    public IRaftReceiver Receiver => this;

    void IRaftReceiver.Receive(RaftMessage message) => _inbox.Add(message);

    void IRaftReceiver.Unreachable(ulong nodeId) => _inbox.PostInner(() => Core.ReportUnreachable(nodeId));

    void IRaftReceiver.SnapshotServed(ulong nodeId, bool delivered)
    {
        _metrics.SnapshotServed(delivered);
        _inbox.PostInner(() => Core.ReportSnapshot(nodeId, delivered));
    }

    Stream? IRaftReceiver.OpenSnapshot(SnapshotId id) => _started?.Store.OpenNewest(id.Index);

    void IRaftReceiver.Removed(ulong byNodeId, ulong appliedIndex) => _inbox.PostInner(() =>
    {
        if (Core.Membership.Find(_options.NodeId) is not null && appliedIndex > _appliedIndex)
        {
            throw new NodeRemovedException(
                $"Node {_options.NodeId} was removed from its group, says node {byNodeId} as of entry {appliedIndex}.");
        }
    });

    public void AddLearner(GroupMember learner, TaskCompletionSource waiter)
    {
        if (RefusesChange(waiter))
        {
            return;
        }

        if (!Running.NamesMembers)
        {
            waiter.TrySetException(new MembershipChangeException(
                "The first snapshot that names this group's members is not written yet; try again."));
        }
        else if (_seams.Transport is null)
        {
            waiter.TrySetException(new MembershipChangeException("This node has no transport to reach others by."));
        }
        else
        {
            Running.Changes.AddLearner(learner, waiter);
        }
    }

    public void Promote(ulong nodeId, TaskCompletionSource waiter)
    {
        if (!RefusesChange(waiter))
        {
            Running.Changes.Promote(nodeId, waiter);
        }
    }

    public void Demote(ulong nodeId, TaskCompletionSource waiter)
    {
        if (!RefusesChange(waiter))
        {
            Running.Changes.Demote(nodeId, waiter);
        }
    }

    public void Remove(ulong nodeId, TaskCompletionSource waiter)
    {
        if (!RefusesChange(waiter))
        {
            Running.Changes.Remove(nodeId, waiter);
        }
    }

    public void TransferLeadership(ulong? to, TaskCompletionSource<bool> waiter)
    {
        if (!Leadership.IsLeader)
        {
            waiter.TrySetException(new LeadershipLostException("This node does not lead.", Leadership));
        }
        else
        {
            Running.Transfer.Begin(to, waiter);
        }
    }

    public GroupStatus Status()
    {
        var followers = Core.Followers().ToDictionary(static follower => follower.NodeId);
        var leads = Core.Role == RaftRole.Leader;
        return new GroupStatus(
            Leadership, Core.CommitIndex, Core.LastIndex,
            [
                .. Core.Membership.Members.Select(member => member.NodeId == _options.NodeId
                    ? new GroupMemberStatus(member, Core.LastIndex, Active: true)
                    : new GroupMemberStatus(
                        member,
                        followers.TryGetValue(member.NodeId, out var follower) ? follower.MatchIndex : null,
                        leads ? _activity.IsActive(member.NodeId) : null)),
            ]);
    }

    /// <summary>
    /// Of a log that lets nothing more in and has nothing left to do: whether it may stop. A leader waits for what it has
    /// taken, then hands leadership over, and stays until another node leads, for its vote may be needed; all that only up to
    /// a time.
    /// </summary>
    public bool TryFinish()
    {
        var now = _seams.Time.GetTimestamp();
        Running.StopTimestamp ??=
            now + (long)(_options.HandOverTimeout.TotalSeconds * _seams.Time.TimestampFrequency);
        if (IsSoleVoter || !_membership.IsVoter(_options.NodeId) || now >= Running.StopTimestamp)
        {
            return true;
        }

        if (Core.Role != RaftRole.Leader)
        {
            return Core.LeaderId != 0 || !Running.HandsOver;
        }

        if (_pending.Count == 0 && !Running.HandsOver)
        {
            Running.HandsOver = true;
            Running.Transfer.Begin(to: null, new TaskCompletionSource<bool>());
            Drain();
        }

        return Running.HandsOver && !Running.Transfer.IsUnderWay;
    }

    private bool RefusesChange(TaskCompletionSource waiter)
    {
        if (Leadership.IsLeader)
        {
            return false;
        }

        waiter.TrySetException(new LeadershipLostException("This node does not lead.", Leadership));
        return true;
    }
}
