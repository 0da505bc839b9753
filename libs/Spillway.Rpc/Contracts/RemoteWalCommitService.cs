using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for segments and committed blocks.</summary>
public sealed class RemoteWalCommitService(RpcChannel channel) : IWalCommitService
{
    /// <inheritdoc/>
    public Task<OpenSegmentReply> OpenSegmentAsync(OpenSegmentRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(WalCommitMethods.OpenSegment, request, cancellationToken);


    /// <inheritdoc/>
    public Task<CommitBlockReply> CommitBlockAsync(CommitBlockRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(WalCommitMethods.CommitBlock, request, cancellationToken);


    /// <inheritdoc/>
    public Task<SealSegmentReply> SealSegmentAsync(SealSegmentRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(WalCommitMethods.SealSegment, request, cancellationToken);
}
