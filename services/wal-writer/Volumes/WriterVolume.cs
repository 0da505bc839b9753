using System.Diagnostics.CodeAnalysis;
using Spillway.Storage.Wal;

namespace Spillway.WalWriter.Volumes;

/// <summary>
/// One volume as this process writes to it, for all of its epochs: whether it answers, whether it fails, and the threads that may block
/// on it. No thread of the thread pool ever does. Thread-safe.
/// </summary>
internal sealed partial class WriterVolume : IDisposable
{
    // One to create the next segment, one to close those that are done (on NFS that may wait for the server too), one to measure.
    private const int FileThreadCount = 3;

    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(1);

    private readonly Func<long> _measure;
    private readonly ITimer _timer;
    private readonly BlockingIoPool _fileThreads;
    private int _isMeasuring;
    private readonly ILogger<WriterVolume> _logger;

    /// <summary>Begins to measure at once; the function blocks on the volume.</summary>
    public WriterVolume(WriterVolumeOptions options, Func<long> measure, WriterEnvironment environment)
    {
        _measure = measure;
        var name = options.Name;
        Name = name;
        IsDraining = options.State == VolumeState.Draining;
        StallLimit = FindStallLimit(options, environment.Options);
        Grouping = FindGrouping(options, environment.Options);
        LaneCount = options.Kind == WalVolumeKind.S3 ? environment.Options.S3.ParallelPuts : environment.Options.FlushThreads;
        Calls = new VolumeCalls(StallLimit, environment.Time)
        {
            OnStalled = kind =>
            {
                environment.Metrics.VolumeStalled(name);
                Log.Stalled(_logger!, name, kind);
            },
            OnAnswering = duration => Log.Answering(_logger!, name, duration.TotalSeconds),
        };
        Backoff = new VolumeBackoff(environment.Time);
        Pace = new VolumePace(options.FlushesPerSecondMax, options.BytesPerSecondMax, environment.Time);
        Space = new VolumeSpace(options.BytesMax);
        LanePermits = new LanePermits(LaneCount);
        _logger = environment.Loggers.CreateLogger<WriterVolume>();
        _fileThreads = new BlockingIoPool($"wal-files-{name}", FileThreadCount, queuedCountMax: 16);
        _timer = environment.Time.CreateTimer(
            static volume => _ = ((WriterVolume)volume!).MeasureAsync(), this, TimeSpan.Zero, MeasureInterval);
    }

    public string Name { get; }

    /// <summary>No segment is opened there any more.</summary>
    public bool IsDraining { get; }

    /// <summary>How long a call may be pending before the volume counts as hanging.</summary>
    public TimeSpan StallLimit { get; }

    /// <summary>What makes a block there.</summary>
    public VolumeGrouping Grouping { get; }

    public VolumeCalls Calls { get; }

    public VolumeBackoff Backoff { get; }

    public VolumePace Pace { get; }

    public VolumeSpace Space { get; }

    public LanePermits LanePermits { get; }

    /// <summary>How many blocks are written there at the same time.</summary>
    public int LaneCount { get; }

    /// <summary>Makes a segment, on a thread that may block. Cancelled, it goes on by itself and what it makes is discarded.</summary>
    public async Task<IWalSegmentAppender> CreateAsync(Func<IWalSegmentAppender> create, CancellationToken cancellationToken)
    {
        var creation = _fileThreads.RunAsync(
            static work => work.Volume.Call("create", work.Create), (Volume: this, Create: create), cancellationToken).AsTask();
        try
        {
            return await creation.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = DiscardWhenMadeAsync(creation);
            throw;
        }
    }

    /// <summary>Closes a segment, at some time, on a thread that may block.</summary>
    public void Close(IWalSegmentAppender appender) => _ = LeaveAsync(appender, static segment => segment.Dispose());

    /// <summary>Takes a segment away that nothing was placed in, at some time, on a thread that may block.</summary>
    public void Discard(IWalSegmentAppender appender)
    {
        Log.Discarded(_logger, appender.SegmentId, Name);
        _ = LeaveAsync(appender, static segment => segment.Discard());
    }

    public void Dispose()
    {
        _timer.Dispose();
        _fileThreads.Dispose();
    }

    /// <summary>One measurement at a time: the next one waits for the volume to answer.</summary>
    private async Task MeasureAsync()
    {
        if (Interlocked.Exchange(ref _isMeasuring, 1) != 0)
        {
            return;
        }

        try
        {
            Space.BeginMeasuring();
            Space.EndMeasuring(await _fileThreads.RunAsync(static measure => measure(), _measure, CancellationToken.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What was found last stands.
            Log.MeasureFailed(_logger, Name, e.Message);
        }
        catch (ObjectDisposedException)
        {
            // The writer stops.
        }
        finally
        {
            Volatile.Write(ref _isMeasuring, 0);
        }
    }

    private static TimeSpan FindStallLimit(WriterVolumeOptions volume, WalWriterOptions options)
    {
        // A put is tried again when its time is over; only one that is still not there after that says something of the store.
        var afterOneRetry = options.S3.PutTimeout * 2;
        return volume.Kind == WalVolumeKind.S3 && afterOneRetry > options.StallLimit ? afterOneRetry : options.StallLimit;
    }

    private static VolumeGrouping FindGrouping(WriterVolumeOptions volume, WalWriterOptions options) =>
        volume.Kind == WalVolumeKind.S3
            ? new VolumeGrouping(options.S3.BlockBytes, options.S3.BlockBatchesMax, options.S3.Linger)
            : new VolumeGrouping(options.BlockBytesMax, options.BlockBatchesMax, TimeSpan.Zero);

    private IWalSegmentAppender Call(string kind, Func<IWalSegmentAppender> work)
    {
        var call = new VolumeCall(kind);
        var isSuccess = false;
        Calls.Begin(call);
        try
        {
            var result = work();
            isSuccess = true;
            return result;
        }
        finally
        {
            Calls.End(call, isSuccess);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Nothing hangs on a close, and nobody waits for it.")]
    private async Task LeaveAsync(IWalSegmentAppender appender, Action<IWalSegmentAppender> leave)
    {
        try
        {
            await _fileThreads.RunAsync(
                static work =>
                {
                    work.Leave(work.Appender);
                    return true;
                },
                (Appender: appender, Leave: leave),
                CancellationToken.None);
        }
        catch (Exception e)
        {
            Log.CloseFailed(_logger, appender.SegmentId, Name, e.Message);
        }
    }

    private async Task DiscardWhenMadeAsync(Task<IWalSegmentAppender> creation)
    {
        await ((Task)creation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (creation.IsCompletedSuccessfully)
        {
            Discard(creation.Result);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1271, LogLevel.Warning, "Volume {Volume} does not answer: a {Call} is pending for too long.")]
        public static partial void Stalled(ILogger logger, string volume, string call);

        [LoggerMessage(1272, LogLevel.Warning, "Volume {Volume} answers again after {Seconds} s.")]
        public static partial void Answering(ILogger logger, string volume, double seconds);

        [LoggerMessage(1274, LogLevel.Warning, "Volume {Volume} could not be measured: {Reason}")]
        public static partial void MeasureFailed(ILogger logger, string volume, string reason);

        [LoggerMessage(1275, LogLevel.Information, "Segment {SegmentId} on {Volume} was made too late to be used and is taken away.")]
        public static partial void Discarded(ILogger logger, long segmentId, string volume);

        [LoggerMessage(1273, LogLevel.Warning, "Segment {SegmentId} on {Volume} was not closed: {Reason}")]
        public static partial void CloseFailed(ILogger logger, long segmentId, string volume, string reason);
    }
}
