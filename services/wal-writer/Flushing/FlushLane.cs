using System.Diagnostics.CodeAnalysis;
using Spillway.Storage.Faults;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Flushing;

/// <summary>
/// A thread that writes and flushes one block at a time. A thread of its own, because a volume in a failover blocks it for
/// tens of seconds; an epoch that ended meanwhile leaves it behind, and it ends when the call returns.
/// </summary>
internal sealed partial class FlushLane(
    int lane, BlockPipeline pipeline, Action<SessionEnd> end, WriterEnvironment environment)
{
    private readonly TimeProvider _time = environment.Time;
    private readonly WalWriterMetrics _metrics = environment.Metrics;
    private readonly ILogger<FlushLane> _logger = environment.Loggers.CreateLogger<FlushLane>();

    // Null where there are no hooks: the appender then has nothing to call.
    private readonly Action? _onWritten = environment.FailPoints is NoFailPoints
        ? null
        : () => environment.FailPoints.Pass(FailPoint.BlockWritten);

    public void Start() => new Thread(Run) { Name = $"wal-flush-{lane}", IsBackground = true }.Start();

    [SuppressMessage("Design", "CA1031", Justification = "An exception on a bare thread would kill the process unheard.")]
    private void Run()
    {
        try
        {
            while (pipeline.TakeBlock() is { } block)
            {
                pipeline.CompleteWrite(block, TryWrite(block));
            }
        }
        catch (Exception e)
        {
            end(SessionEnd.Failed(e));
        }
    }

    private bool TryWrite(WriterBlock block)
    {
        var segment = block.Segment!;
        var start = _time.GetTimestamp();
        try
        {
            segment.Appender.Write(block.Bytes, lane, _onWritten);
            _metrics.BlockFlushed(block, segment.Volume, _time.GetElapsedTime(start));
            environment.FailPoints.Pass(FailPoint.BlockFlushed);
            return true;
        }
        catch (WalAppendException e)
        {
            _metrics.FlushFailed(segment.Volume);
            Log.FlushFailed(_logger, block.BlockSeq, segment.SegmentId, segment.Volume, e.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            1221, LogLevel.Warning, "Block {BlockSeq} could not be made durable in segment {SegmentId} on {Volume}: {Reason}")]
        public static partial void FlushFailed(
            ILogger logger, long blockSeq, long segmentId, string volume, string reason);
    }
}
