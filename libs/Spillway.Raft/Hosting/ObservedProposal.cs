namespace Spillway.Raft.Hosting;

/// <summary>One proposer that is told on the log's thread.</summary>
internal sealed class ObservedProposal(long enqueuedTimestamp, IProposalObserver observer)
    : PendingProposal(enqueuedTimestamp)
{
    public override void Complete(ulong index) => observer.OnCommitted(index, Result);

    public override void Fail(ReplicatedLogException exception) => observer.OnFailed(exception);
}
