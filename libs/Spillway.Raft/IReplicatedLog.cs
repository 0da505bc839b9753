namespace Spillway.Raft;

/// <summary>
/// The seam between a state machine and how its commands become durable and agreed upon. Nothing above it knows
/// whether one node or three stand behind it. All members are safe to call from any thread.
/// </summary>
public interface IReplicatedLog : IAsyncDisposable
{
    /// <summary>Recovers the state (newest snapshot, then the log's tail) and begins to serve. Called once.</summary>
    /// <param name="ct">Gives up the wait; recovery itself runs to its end.</param>
    /// <returns>A task that ends when the state is recovered, or with a <see cref="ReplicatedLogException"/>.</returns>
    Task StartAsync(CancellationToken ct);

    /// <summary>
    /// Proposes one command; completes once it is durable, committed and applied here. Any other end than a result or
    /// an exception whose <see cref="ReplicatedLogException.OutcomeUnknown"/> is false leaves the outcome unknown: it
    /// may still be applied. That goes for a cancellation too, once the command was queued.
    /// </summary>
    /// <param name="command">The command; copied before this method returns.</param>
    /// <param name="ct">Gives up the wait, not the command.</param>
    /// <returns>The command's index and what the state machine returned for it.</returns>
    /// <exception cref="LeadershipLostException">This node does not lead (any more), or is stopping.</exception>
    /// <exception cref="ProposalUnknownException">The command may or may not have become durable.</exception>
    /// <exception cref="LogOverloadedException">Too many bytes wait already; the command was not taken.</exception>
    /// <exception cref="LogFailedException">The log has failed; the command was not taken.</exception>
    ValueTask<ProposalResult> ProposeAsync(ReadOnlyMemory<byte> command, CancellationToken ct);

    /// <summary>
    /// The same for a proposer that hands on what it is told: no task, no hop through the thread pool for each command.
    /// Commands of one caller are applied in the order of its calls, as far as they are applied at all. What is thrown
    /// here was not taken; then the observer hears nothing.
    /// </summary>
    /// <param name="command">The command; copied before this method returns.</param>
    /// <param name="observer">Told of the end, on the log's thread, perhaps before this method returns.</param>
    /// <exception cref="LeadershipLostException">This node does not lead (any more), or is stopping.</exception>
    /// <exception cref="LogOverloadedException">Too many bytes wait already; the command was not taken.</exception>
    /// <exception cref="LogFailedException">The log has failed; the command was not taken.</exception>
    void Propose(ReadOnlySpan<byte> command, IProposalObserver observer);

    /// <summary>
    /// A linearizable read's first half: afterwards the state at the returned index or later is visible here, and it
    /// holds every command that was acknowledged anywhere before the call.
    /// </summary>
    /// <param name="ct">Gives up the wait.</param>
    /// <returns>The index.</returns>
    ValueTask<ulong> ReadBarrierAsync(CancellationToken ct);

    /// <summary>The last applied and published index.</summary>
    ulong AppliedIndex { get; }

    /// <summary>This node's role and who leads, as far as it knows.</summary>
    LeadershipState Leadership { get; }

    /// <summary>
    /// Whether this node leads and a majority said so within one election time-out: then nobody else leads, as far as
    /// clocks run alike, and what this node keeps beside the log (sessions) may be answered from. Cheap; for anything that
    /// must be certain there is <see cref="ReadBarrierAsync"/>.
    /// </summary>
    bool LeadsWithQuorum { get; }

    /// <summary>Raised on the log's thread when <see cref="Leadership"/> changes; handlers must be short.</summary>
    event Action<LeadershipState>? LeadershipChanged;

    /// <summary>
    /// Ends when the log has stopped, and faults when it has failed. A failed log never recovers by itself: the
    /// process should stop and be started again.
    /// </summary>
    Task Completion { get; }

    /// <summary>Takes a snapshot of at least the state of now.</summary>
    /// <param name="ct">Gives up the wait.</param>
    /// <returns>A task that ends when the snapshot is durable.</returns>
    Task SnapshotNowAsync(CancellationToken ct);
}
