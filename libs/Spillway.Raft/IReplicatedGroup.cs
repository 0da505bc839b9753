namespace Spillway.Raft;

/// <summary>
/// The group behind a replicated log, for those who operate it: one change of membership at a time, in the order asked for, each
/// done when it is applied here. All members are safe to call from any thread; on a node that does not lead they throw
/// <see cref="LeadershipLostException"/> with the leader.
/// </summary>
public interface IReplicatedGroup
{
    /// <summary>The members as of the last applied change.</summary>
    IReadOnlyList<GroupMember> Members { get; }

    /// <summary>Roles, lag and health of the members as this node knows them.</summary>
    /// <param name="ct">Gives up the wait.</param>
    /// <returns>The status; on a follower only what it knows by itself.</returns>
    ValueTask<GroupStatus> StatusAsync(CancellationToken ct);

    /// <summary>Adds a node as a learner; it receives the log and has no vote.</summary>
    /// <param name="nodeId">An id that was never used in this group.</param>
    /// <param name="address">Host and port of its Raft transport.</param>
    /// <param name="serviceAddress">Where its service answers.</param>
    /// <param name="ct">Gives up the change until its turn has come, and after that the wait only.</param>
    /// <returns>A task that ends when the change is applied here.</returns>
    /// <exception cref="MembershipChangeException">The change makes no sense now; the message says why.</exception>
    Task AddLearnerAsync(ulong nodeId, string address, string serviceAddress, CancellationToken ct);

    /// <summary>Waits until a learner is within a few hundred entries of the leader, then gives it its vote.</summary>
    /// <param name="nodeId">A learner; of a voter there is nothing to do.</param>
    /// <param name="ct">Gives up the change until its turn has come, and after that the wait only.</param>
    /// <returns>A task that ends when the change is applied here.</returns>
    /// <exception cref="MembershipChangeException">The change makes no sense now; the message says why.</exception>
    Task PromoteAsync(ulong nodeId, CancellationToken ct);

    /// <summary>
    /// Removes a member for good. A leader that is to remove itself hands leadership over and says so by a
    /// <see cref="LeadershipLostException"/>: ask the next leader.
    /// </summary>
    /// <param name="nodeId">A member; not the last voter, nor one without which no majority is in touch.</param>
    /// <param name="ct">Gives up the change until its turn has come, and after that the wait only.</param>
    /// <returns>A task that ends when the change is applied here.</returns>
    /// <exception cref="MembershipChangeException">The change makes no sense now; the message says why.</exception>
    Task RemoveAsync(ulong nodeId, CancellationToken ct);

    /// <summary>Hands leadership to another voter: the named one, or the one that is furthest.</summary>
    /// <param name="nodeId">A voter, or null for the best.</param>
    /// <param name="ct">Gives up the wait.</param>
    /// <returns>Whether another node leads now; false in a group of one voter.</returns>
    /// <exception cref="MembershipChangeException">The named node is no voter.</exception>
    Task<bool> TransferLeadershipAsync(ulong? nodeId, CancellationToken ct);
}
