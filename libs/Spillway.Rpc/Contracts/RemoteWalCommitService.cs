using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for segments and committed blocks.</summary>
public sealed class RemoteWalCommitService(MetadataChannels channels) : IWalCommitService
{
    /// <inheritdoc/>
    public Task<OpenSegmentReply> OpenSegmentAsync(OpenSegmentRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(WalCommitMethods.OpenSegment, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public ICommitStream OpenCommitStream(ICommitObserver observer) => channels.OpenCommitStream(observer);

    /// <inheritdoc/>
    public Task<SealSegmentReply> SealSegmentAsync(SealSegmentRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(WalCommitMethods.SealSegment, request, CallRule.Repeatable, cancellationToken);
}
