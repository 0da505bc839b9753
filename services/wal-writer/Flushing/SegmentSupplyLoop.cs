using Spillway.Rpc.Metadata;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Committing;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Flushing;

/// <summary>Keeps one segment open ahead of need, so that rolling never waits for metadata or for a file's creation.</summary>
internal sealed partial class SegmentSupplyLoop(
    BlockPipeline pipeline,
    WriterMetadataClient metadata,
    WalStorage storage,
    WakeSignal wake,
    Action<SessionEnd> end,
    WriterEnvironment environment,
    CancellationToken ended)
{
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(2);

    private readonly ILogger<SegmentSupplyLoop> _logger = environment.Loggers.CreateLogger<SegmentSupplyLoop>();
    private int _volumeIndex = -1;

    /// <summary>Runs until it is stopped; a segment whose opening has begun is still opened, so that it can be sealed.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var backoff = BackoffFirst;
        while (true)
        {
            while (pipeline.WantsSegment)
            {
                stopping.ThrowIfCancellationRequested();
                if (await TryOpenAsync())
                {
                    backoff = BackoffFirst;
                    continue;
                }

                await Task.Delay(backoff, environment.Time, stopping);
                backoff = backoff * 2 < BackoffMax ? backoff * 2 : BackoffMax;
            }

            await wake.WaitAsync(stopping);
        }
    }

    private async Task<bool> TryOpenAsync()
    {
        // In turn: volumes fill evenly, and one that fails is followed by another.
        _volumeIndex = (_volumeIndex + 1) % storage.Volumes.All.Count;
        var volume = storage.Volumes.All[_volumeIndex];
        var reply = await metadata.OpenSegmentAsync(volume.Name);
        if (reply is null or { Fenced: true })
        {
            end(reply is null ? SessionEnd.Unavailable : SessionEnd.Fenced);
            return false;
        }

        IWalSegmentAppender appender;
        try
        {
            appender = await CreateAsync(volume, reply);
        }
        catch (WalAppendException e)
        {
            environment.Metrics.SegmentFailed(volume.Name);
            Log.CreationFailed(_logger, reply.SegmentId, volume.Name, e.Message);
            await metadata.SealSegmentAsync(reply.SegmentId);
            return false;
        }

        environment.Metrics.SegmentOpened(volume.Name);
        if (!pipeline.TryOfferSegment(new WriterSegment(appender, volume.Name)))
        {
            appender.Dispose();
        }

        return true;
    }

    private async Task<IWalSegmentAppender> CreateAsync(WalVolume volume, OpenSegmentReply reply)
    {
        var header = new WalSegmentHeader
        {
            ClusterId = metadata.Identity.ClusterId,
            WriterId = metadata.Identity.WriterId,
            WriterEpoch = metadata.Identity.WriterEpoch,
            SegmentId = reply.SegmentId,
            CreatedMs = environment.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var creation = storage.CreationThreads.RunAsync(
            static s => s.storage.Segments.Create(s.location, s.header, s.storage.Settings),
            (storage, location: new WalSegmentLocation(volume.Name, reply.Path), header),
            ended).AsTask();
        try
        {
            return await creation.WaitAsync(ended);
        }
        catch (OperationCanceledException)
        {
            // The volume may hang; nobody waits for it beyond the epoch.
            _ = CloseLaterAsync(creation);
            throw;
        }
    }

    private static async Task CloseLaterAsync(Task<IWalSegmentAppender> creation)
    {
        await ((Task)creation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (creation.IsCompletedSuccessfully)
        {
            creation.Result.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1231, LogLevel.Warning, "Segment {SegmentId} could not be created on {Volume}: {Reason}")]
        public static partial void CreationFailed(ILogger logger, long segmentId, string volume, string reason);
    }
}
