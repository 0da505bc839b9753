namespace Spillway.Raft.Hosting;

/// <summary>One proposer that is to be told. Ended on the log's thread.</summary>
internal abstract class PendingProposal(long enqueuedTimestamp)
{
    public long EnqueuedTimestamp => enqueuedTimestamp;

    /// <summary>What the state machine returned, kept until the whole entry is published.</summary>
    public object? Result { get; set; }

    public abstract void Complete(ulong index);

    public abstract void Fail(ReplicatedLogException exception);
}
