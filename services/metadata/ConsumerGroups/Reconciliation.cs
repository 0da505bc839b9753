using Spillway.Kafka;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// Brings a member one step nearer to its target assignment (KIP-848, "Rebalance process"): first it gives up what it shall not have and
/// confirms that, then it gets, in the new epoch, what nobody owns any more. So no partition has two owners.
/// </summary>
internal static class Reconciliation
{
    /// <param name="member">As it is.</param>
    /// <param name="target">What it shall have.</param>
    /// <param name="assignmentEpoch">The epoch of the target.</param>
    /// <param name="owned">What it says that it owns; null: it did not say.</param>
    /// <param name="isFree">Whether nobody else owns the partition or is still to give it up.</param>
    public static ConsumerMember Step(
        ConsumerMember member,
        PartitionSet target,
        int assignmentEpoch,
        PartitionSet? owned,
        Func<TopicIdPartition, bool> isFree)
    {
        if (member.IsReconciledTo(assignmentEpoch))
        {
            return member;
        }

        var memberEpoch = member.MemberEpoch;
        if (member.State == ReconciliationState.Unrevoked)
        {
            if (StillOwns(owned, member.PendingRevocation))
            {
                return member;
            }

            // Its revocation is done, which is worth an epoch: what it owned in the one before, it can't commit offsets for any more.
            memberEpoch++;
        }

        var kept = member.Assigned.Intersect(target);
        var revoked = member.Assigned.Except(target);
        if (revoked.Count > 0 && StillOwns(owned, revoked))
        {
            return member.AtEpoch(memberEpoch) with
            {
                State = ReconciliationState.Unrevoked, Assigned = kept, PendingRevocation = revoked,
            };
        }

        var wanted = target.Except(kept);
        var given = wanted.Where(isFree);
        return member.AtEpoch(assignmentEpoch) with
        {
            State = given.Count < wanted.Count ? ReconciliationState.Unreleased : ReconciliationState.Stable,
            Assigned = kept.Union(given),
            PendingRevocation = PartitionSet.Empty,
        };
    }

    private static bool StillOwns(PartitionSet? owned, PartitionSet partitions) => owned is null || owned.Overlaps(partitions);
}
