using System.Collections.Concurrent;
using Spillway.Kafka.Buffers;
using Spillway.Rpc;
using Spillway.Rpc.Reading;
using Spillway.Rpc.Wal;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor.Draining;

/// <summary>
/// Bytes that a writer of this zone still has in memory: volumes bill for what is read, memory does not. Bounded in requests and in time;
/// whatever does not come from here comes from the volume. Thread-safe.
/// </summary>
internal sealed partial class WriterMemory(
    IWalReadService writers,
    IWriterZones zones,
    BufferPool buffers,
    S3CompactorMetrics metrics,
    TimeProvider time,
    ILogger<WriterMemory> logger) : IDisposable
{
    /// <summary>Requests under way: with stretches of 4 MiB what a writer has to send at a time.</summary>
    private const int RequestsMax = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long a writer that failed is not asked: the volume is right there.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turns = new(RequestsMax);
    private readonly ConcurrentDictionary<int, long> _failedTimestamps = new();

    /// <summary>
    /// The stretch, each range in it verified; gaps between ranges are zeros. Null where the writer is elsewhere, or has not all of it, or fails.
    /// The buffer is the caller's to release.
    /// </summary>
    public async ValueTask<SharedBuffer?> FindAsync(
        Stretch stretch, IReadOnlyList<WalStretchPart>? parts, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            var writerId = stretch.Segment.WriterId;
            if (_failedTimestamps.TryGetValue(writerId, out var failed) && time.GetElapsedTime(failed) < Rest)
            {
                return null;
            }

            using var timeout = new CancellationTokenSource(Patience, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                return await zones.IsHereAsync(writerId, linked.Token) ? await AskAsync(stretch, parts, linked.Token) : null;
            }
            catch (RpcException e) when (e.Code == RpcStatusCode.NotFound)
            {
                metrics.MemoryMissed("gone");
                return null;
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // A writer that is in trouble is not to be asked for every stretch of a job, each time for as long as patience lasts.
                _failedTimestamps[writerId] = time.GetTimestamp();
                metrics.MemoryMissed("failed");
                Log.Failed(logger, writerId, Rest.TotalSeconds, e.Message);
                return null;
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    private async Task<SharedBuffer?> AskAsync(
        Stretch stretch, IReadOnlyList<WalStretchPart>? parts, CancellationToken cancellationToken)
    {
        var request = new ReadRangeRequest
        {
            WriterId = stretch.Segment.WriterId,
            SegmentId = stretch.Segment.SegmentId,
            Volume = stretch.Segment.Location.Volume,
            Path = stretch.Segment.Location.Path,
            Position = stretch.Position,
            Length = stretch.LengthBytes,
            MemoryOnly = true,
        };
        using var range = await writers.ReadRangeAsync(request, cancellationToken);
        // A copy: what the writer has in memory is for others too, and offsets are put in place in it.
        var buffer = range.ToBuffer(buffers);
        if (buffer.Length == stretch.LengthBytes && WalBatchVerifier.IsIntact(buffer.Span, parts))
        {
            metrics.MemoryRead(stretch.LengthBytes);
            return buffer;
        }

        buffer.Release();
        metrics.MemoryMissed("not_intact");
        Log.NotIntact(logger, stretch.Segment, stretch.Position);
        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(
            1433,
            LogLevel.Warning,
            "Writer {WriterId} did not give what it has in memory; drains read its volume and leave it alone for {Seconds} s: {Reason}")]
        public static partial void Failed(ILogger logger, int writerId, double seconds, string reason);

        [LoggerMessage(1434, LogLevel.Warning, "What the writer gave for {Segment} at {Position} is not intact; its volume is read.")]
        public static partial void NotIntact(ILogger logger, WalSegmentName segment, long position);
    }
}
