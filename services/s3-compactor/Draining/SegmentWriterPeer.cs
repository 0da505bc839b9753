using Spillway.Kafka.Buffers;
using Spillway.Rpc;
using Spillway.Rpc.Reading;
using Spillway.Rpc.Wal;
using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor.Draining;

/// <summary>Asks the writer of a segment for what no view of the volume shows here: in this process, or by gRPC.</summary>
internal sealed partial class SegmentWriterPeer(
    IWalReadService writers, BufferPool buffers, ILogger<SegmentWriterPeer> logger) : IWalWriterPeer
{
    public async ValueTask<SharedBuffer?> ReadAsync(
        WalSegmentName segment, long position, int lengthBytes, CancellationToken cancellationToken)
    {
        var request = new ReadRangeRequest
        {
            WriterId = segment.WriterId,
            SegmentId = segment.SegmentId,
            Volume = segment.Location.Volume,
            Path = segment.Location.Path,
            Position = position,
            Length = lengthBytes,
        };
        try
        {
            using var range = await writers.ReadRangeAsync(request, cancellationToken).ConfigureAwait(false);
            // A copy: what the writer has in memory is for others too, and offsets are put in place in it.
            return range.ToBuffer(buffers);
        }
        catch (RpcException e)
        {
            Log.NoAnswer(logger, segment, position, e.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1432, LogLevel.Warning, "The writer did not give what no view of {Segment} shows at {Position}: {Reason}")]
        public static partial void NoAnswer(ILogger logger, WalSegmentName segment, long position, string reason);
    }
}
