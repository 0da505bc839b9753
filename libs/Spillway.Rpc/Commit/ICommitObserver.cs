namespace Spillway.Rpc.Commit;

/// <summary>
/// Is told what became of the blocks of a stream. One call at a time, by any thread but the one that is sending; must neither block
/// nor throw. May be called for a short while after the stream was disposed.
/// </summary>
public interface ICommitObserver
{
    /// <summary>Metadata's answer to the oldest block that was not answered.</summary>
    void OnAnswered(BlockOutcome outcome);

    /// <summary>The stream is broken; once, and nothing comes after it.</summary>
    void OnBroken(RpcException reason);
}
