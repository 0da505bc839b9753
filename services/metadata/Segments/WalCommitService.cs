using Spillway.Metadata.Log;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Segments;

/// <summary>Answers WAL writers. What cannot come from a sound writer is refused before it reaches the log.</summary>
internal sealed class WalCommitService(MetadataNode node, MetadataMetrics metrics) : IWalCommitService
{
    public Task<OpenSegmentReply> OpenSegmentAsync(OpenSegmentRequest request, CancellationToken cancellationToken)
    {
        if (request.RequestToken.Length == 0 || request.Volume.Length == 0)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "Opening a segment needs a volume and a request token.");
        }

        return node.ProposeAsync<OpenSegmentReply>(new Command { OpenSegment = request }, cancellationToken);
    }

    public ICommitStream OpenCommitStream(ICommitObserver observer) => new LocalCommitStream(node, metrics, observer);

    public Task<SealSegmentReply> SealSegmentAsync(SealSegmentRequest request, CancellationToken cancellationToken) =>
        node.ProposeAsync<SealSegmentReply>(new Command { SealSegment = request }, cancellationToken);
}
