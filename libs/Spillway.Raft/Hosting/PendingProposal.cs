namespace Spillway.Raft.Hosting;

/// <summary>
/// One proposer that waits. Completes asynchronously: a proposer's continuation must not run on the log's thread.
/// </summary>
internal sealed class PendingProposal(long enqueuedTimestamp)
    : TaskCompletionSource<ProposalResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private CancellationTokenRegistration _cancellation;

    public long EnqueuedTimestamp => enqueuedTimestamp;

    /// <summary>What the state machine returned, kept until the whole entry is published.</summary>
    public object? Result { get; set; }

    /// <summary>Lets the token end the wait; the command itself stays in the batch.</summary>
    public void CancelWaitOn(CancellationToken ct)
    {
        _cancellation = ct.UnsafeRegister(
            static (state, token) => ((PendingProposal)state!).TrySetCanceled(token), this);

        // The log's thread may have completed it meanwhile and found nothing to unregister; a long-lived token must
        // not keep it then.
        Interlocked.MemoryBarrier();
        if (Task.IsCompleted)
        {
            _cancellation.Unregister();
        }
    }

    public void Complete(ulong index)
    {
        TrySetResult(new ProposalResult(index, Result));
        _cancellation.Unregister();
    }

    public void Fail(ReplicatedLogException exception)
    {
        TrySetException(exception);
        _cancellation.Unregister();
    }
}
