using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// What a WAL writer says to metadata: segments opened and sealed, blocks committed.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IWalCommitService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<OpenSegmentReply> OpenSegmentAsync(OpenSegmentRequest request, CancellationToken cancellationToken);

    /// <summary>Opens a stream of block commits; see CommitBlocks in the contract under proto/spillway. Never throws: a stream may break at once.</summary>
    ICommitStream OpenCommitStream(ICommitObserver observer);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<SealSegmentReply> SealSegmentAsync(SealSegmentRequest request, CancellationToken cancellationToken);
}
