using Spillway.Rpc;
using Spillway.Rpc.Reading;
using Spillway.Rpc.Wal;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;

namespace Spillway.WalWriter.Reading;

/// <summary>
/// Gives ranges of this writer's segments to those whose view of the volume does not show them: from memory while the block is there, else as
/// the writer itself reads them, whose view of its own files cannot be behind. Thread-safe; owns the reader.
/// </summary>
internal sealed class WalReadService(RecentBlocks recent, WalSegmentReader segments, WalWriterMetrics metrics) : IWalReadService, IDisposable
{
    public async Task<WalRange> ReadRangeAsync(ReadRangeRequest request, CancellationToken cancellationToken)
    {
        if (request.Length <= 0 || request.Position < 0 || request.Position > long.MaxValue - request.Length)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, $"{request.Length} bytes at {request.Position} are no range.");
        }

        if (request.MemoryOnly)
        {
            return FindInMemory(request);
        }

        if (recent.Find(request.SegmentId, request.Position, request.Length) is { } range)
        {
            metrics.RangeGiven("memory", request.Length);
            return range;
        }

        var segment = new WalSegmentName(request.SegmentId, 0, new WalSegmentLocation(request.Volume, request.Path));
        try
        {
            var buffer = await segments.ReadAsync(
                new WalRead(segment, request.Position, request.Length) { IsConfirmed = true }, cancellationToken);
            metrics.RangeGiven("volume", request.Length);
            return new WalRange([buffer.Memory], [buffer]);
        }
        catch (WalReadException e)
        {
            metrics.RangeRefused();
            throw new RpcException(ToStatus(e.Failure), e.Message, e);
        }
    }

    public void Dispose() => segments.Dispose();

    private WalRange FindInMemory(ReadRangeRequest request)
    {
        if (recent.FindStretch(request.SegmentId, request.Position, request.Length) is not { } stretch)
        {
            throw new RpcException(RpcStatusCode.NotFound, $"Segment {request.SegmentId} is not in memory at {request.Position}.");
        }

        metrics.RangeGiven("memory", request.Length);
        return stretch;
    }

    private static RpcStatusCode ToStatus(WalReadFailure failure) => failure switch
    {
        WalReadFailure.Missing or WalReadFailure.StaleHandle => RpcStatusCode.NotFound,
        WalReadFailure.Short or WalReadFailure.Corrupt => RpcStatusCode.DataLoss,
        _ => RpcStatusCode.Unavailable,
    };
}
