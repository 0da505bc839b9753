using System.Diagnostics.CodeAnalysis;
using Spillway.Storage.Faults;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Committing;
using Spillway.WalWriter.Sessions;
using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter.Flushing;

/// <summary>
/// A thread that writes and flushes one block at a time on one volume, and has it proposed. A thread of its own, because a volume in a failover blocks it for
/// tens of seconds; an epoch that ended meanwhile leaves it behind, and it ends when the call returns.
/// </summary>
internal sealed partial class FlushLane
{
    private readonly int _lane;
    private readonly BlockPipeline _pipeline;
    private readonly BlockCommitter _committer;
    private readonly Action<SessionEnd> _end;
    private readonly WriterEnvironment _environment;
    private readonly TimeProvider _time;
    private readonly WalWriterMetrics _metrics;
    private readonly ILogger<FlushLane> _logger;
    private readonly LaneSignal _summons = new();

    // Null where there are no hooks: the appender then has nothing to call.
    private readonly Action? _onWritten;

    public FlushLane(
        int lane,
        VolumeSlot slot,
        BlockPipeline pipeline,
        BlockCommitter committer,
        Action<SessionEnd> end,
        WriterEnvironment environment)
    {
        _lane = lane;
        Slot = slot;
        _pipeline = pipeline;
        _committer = committer;
        _end = end;
        _environment = environment;
        _time = environment.Time;
        _metrics = environment.Metrics;
        _logger = environment.Loggers.CreateLogger<FlushLane>();
        _onWritten = environment.FailPoints is NoFailPoints
            ? null
            : () => environment.FailPoints.Pass(FailPoint.BlockWritten);
    }

    /// <summary>The volume it writes to.</summary>
    public VolumeSlot Slot { get; }

    /// <summary>Its call on the volume, from when it is given a block until that is durable or has failed.</summary>
    public VolumeCall Call { get; } = new("block's flush");

    public void Start(CancellationToken ended) =>
        Slot.Volume.LanePermits.Start($"wal-flush-{Slot.Volume.Name}-{_lane}", Run, ended);

    /// <summary>Lets it look for a block.</summary>
    public void Summon() => _summons.Set();

    public void WaitForSummons() => _summons.Wait();

    [SuppressMessage("Design", "CA1031", Justification = "An exception on a bare thread would kill the process unheard.")]
    private void Run()
    {
        try
        {
            while (_pipeline.TakeBlock(this) is { } write)
            {
                _pipeline.CompleteWrite(write, TryWrite(write));
                _committer.Advance();
            }
        }
        catch (Exception e)
        {
            _end(SessionEnd.Failed(e));
        }
    }

    private bool TryWrite(in BlockWrite write)
    {
        var volume = Slot.Volume;
        var isFlushed = false;
        var start = _time.GetTimestamp();
        try
        {
            write.Segment.Appender.Write(write.Bytes, _lane, _onWritten);
            isFlushed = true;
        }
        catch (WalAppendException e)
        {
            volume.Backoff.Fail();
            _metrics.FlushFailed(volume.Name);
            Log.FlushFailed(_logger, write.Block.BlockSeq, write.Segment.SegmentId, volume.Name, e.Message);
        }
        finally
        {
            volume.Calls.End(Call, isFlushed);
        }

        if (isFlushed)
        {
            volume.Backoff.Succeed();
            _metrics.BlockFlushed(write.Bytes, volume.Name, _time.GetElapsedTime(start));
            _environment.FailPoints.Pass(FailPoint.BlockFlushed);
        }

        return isFlushed;
    }

    private static partial class Log
    {
        [LoggerMessage(
            1221, LogLevel.Warning, "Block {BlockSeq} could not be made durable in segment {SegmentId} on {Volume}: {Reason}")]
        public static partial void FlushFailed(
            ILogger logger, long blockSeq, long segmentId, string volume, string reason);
    }
}
