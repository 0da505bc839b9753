namespace Spillway.Raft.Hosting;

/// <summary>
/// One proposer that waits. Completes asynchronously: a proposer's continuation must not run on the log's thread.
/// </summary>
internal sealed class AwaitedProposal(long enqueuedTimestamp) : PendingProposal(enqueuedTimestamp)
{
    private readonly TaskCompletionSource<ProposalResult> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CancellationTokenRegistration _cancellation;

    public Task<ProposalResult> Task => _completion.Task;

    /// <summary>Lets the token end the wait; the command itself stays in the batch.</summary>
    public void CancelWaitOn(CancellationToken ct)
    {
        _cancellation = ct.UnsafeRegister(
            static (state, token) => ((AwaitedProposal)state!)._completion.TrySetCanceled(token), this);

        // The log's thread may have completed it meanwhile and found nothing to unregister; a long-lived token must
        // not keep it then.
        Interlocked.MemoryBarrier();
        if (Task.IsCompleted)
        {
            _cancellation.Unregister();
        }
    }

    public override void Complete(ulong index)
    {
        _completion.TrySetResult(new ProposalResult(index, Result));
        _cancellation.Unregister();
    }

    public override void Fail(ReplicatedLogException exception)
    {
        _completion.TrySetException(exception);
        _cancellation.Unregister();
    }
}
