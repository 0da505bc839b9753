namespace Spillway.Rpc.Commit;

/// <summary>
/// An ordered stream of the block commits of one writer epoch. The order of calls is the order of proposals; answers come in the
/// same order. Once broken it takes and answers nothing more: its owner opens another and sends what was not answered again.
/// </summary>
public interface ICommitStream : IAsyncDisposable
{
    /// <summary>Sends one block; never waits. One caller at a time.</summary>
    /// <param name="request">A CommitBlockRequest as <see cref="CommitBlockFormat"/> writes it; copied before this returns.</param>
    void Commit(ReadOnlySpan<byte> request);
}
