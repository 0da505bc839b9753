using Google.Protobuf;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Testing.Committing;

/// <summary>Commits one block by a stream of its own, for tests that have no writer.</summary>
public static class BlockCommitting
{
    public static async Task<CommitBlockReply> CommitBlockAsync(
        this IWalCommitService service, CommitBlockRequest request, CancellationToken cancellationToken)
    {
        var answer = new Answer();
        await using var stream = service.OpenCommitStream(answer);
        stream.Commit(request.ToByteArray());
        var outcome = await answer.Task.WaitAsync(cancellationToken);
        return outcome.ToMessage();
    }

    private sealed class Answer()
        : TaskCompletionSource<BlockOutcome>(TaskCreationOptions.RunContinuationsAsynchronously), ICommitObserver
    {
        public void OnAnswered(BlockOutcome outcome) => SetResult(outcome);

        public void OnBroken(RpcException reason) => TrySetException(reason);
    }
}
