using Spillway.Metadata.Log;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Segments;

/// <summary>Answers WAL writers. What cannot come from a sound writer is refused before it reaches the log.</summary>
internal sealed class WalCommitService(MetadataNode node) : IWalCommitService
{
    public Task<OpenSegmentReply> OpenSegmentAsync(OpenSegmentRequest request, CancellationToken cancellationToken)
    {
        if (request.RequestToken.Length == 0 || request.Volume.Length == 0)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "Opening a segment needs a volume and a request token.");
        }

        return node.ProposeAsync<OpenSegmentReply>(new Command { OpenSegment = request }, cancellationToken);
    }

    public Task<CommitBlockReply> CommitBlockAsync(CommitBlockRequest request, CancellationToken cancellationToken)
    {
        if (FindFault(request) is { } fault)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, fault);
        }

        return node.ProposeAsync<CommitBlockReply>(new Command { CommitBlock = request }, cancellationToken);
    }

    public Task<SealSegmentReply> SealSegmentAsync(SealSegmentRequest request, CancellationToken cancellationToken) =>
        node.ProposeAsync<SealSegmentReply>(new Command { SealSegment = request }, cancellationToken);

    private static string? FindFault(CommitBlockRequest request)
    {
        if (request.BlockSeq < 1)
        {
            return "Block sequences begin at 1.";
        }

        if (request.PayloadPosition < 0)
        {
            return "A block lies within its segment.";
        }

        foreach (var batch in request.Batches)
        {
            if (batch.Position < 0 || batch.Length <= 0 || batch.RecordCount <= 0)
            {
                return "A batch has a position in its block, bytes and records.";
            }

            if (batch.ProducerEpoch > short.MaxValue)
            {
                return "Producer epochs are 16-bit.";
            }
        }

        return null;
    }
}
