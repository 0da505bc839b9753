using Spillway.Rpc;
using Spillway.Rpc.Commit;

namespace Spillway.WalWriter.Committing;

/// <summary>What one commit stream tells the committer; the committer does not listen to streams it has replaced.</summary>
internal sealed class CommitReceiver(BlockCommitter committer) : ICommitObserver
{
    public void OnAnswered(BlockOutcome outcome) => committer.OnAnswered(this, outcome);

    public void OnBroken(RpcException reason) => committer.OnTrouble(new CommitTrouble(this, reason, null));
}
