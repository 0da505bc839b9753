namespace Spillway.Raft;

/// <summary>
/// Is told how a proposal ended, once, and those of one proposer in the order in which they were applied. Called on the log's
/// thread, on which everybody waits: hand on what is told, and neither work, nor wait, nor throw.
/// </summary>
public interface IProposalObserver
{
    /// <summary>The command is durable, committed, applied and published here.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="result">What the state machine returned for it.</param>
    void OnCommitted(ulong index, object? result);

    /// <summary>There is no result; <see cref="ReplicatedLogException.OutcomeUnknown"/> tells whether there may be one yet.</summary>
    /// <param name="reason">Why.</param>
    void OnFailed(ReplicatedLogException reason);
}
