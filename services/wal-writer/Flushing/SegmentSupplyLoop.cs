using Spillway.Rpc.Metadata;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Committing;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Flushing;

/// <summary>
/// Keeps one segment open ahead of need on one volume, so that rolling never waits for metadata or for a file's creation. Each volume has
/// its own, so that one that hangs or fails holds up no other.
/// </summary>
internal sealed partial class SegmentSupplyLoop(
    VolumeSlot slot,
    BlockPipeline pipeline,
    WriterMetadataClient metadata,
    WalStorage storage,
    Action<SessionEnd> end,
    WriterEnvironment environment,
    CancellationToken ended)
{
    private readonly ILogger<SegmentSupplyLoop> _logger = environment.Loggers.CreateLogger<SegmentSupplyLoop>();
    private readonly string _volume = slot.Volume.Name;

    /// <summary>Runs until it is stopped; a segment whose opening has begun is still opened, so that it can be sealed.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            while (pipeline.WantsSegment(slot))
            {
                stopping.ThrowIfCancellationRequested();
                if (!await TryOpenAsync())
                {
                    await Task.Delay(slot.Volume.Backoff.Left, environment.Time, stopping);
                }
            }

            await slot.SupplyWake.WaitAsync(stopping);
        }
    }

    private async Task<bool> TryOpenAsync()
    {
        var reply = await metadata.OpenSegmentAsync(_volume);
        if (reply is null or { Fenced: true })
        {
            end(reply is null ? SessionEnd.Unavailable : SessionEnd.Fenced);
            return false;
        }

        IWalSegmentAppender appender;
        try
        {
            appender = await CreateAsync(reply);
        }
        catch (WalAppendException e)
        {
            slot.Volume.Backoff.Fail();
            environment.Metrics.SegmentFailed(_volume);
            Log.CreationFailed(_logger, reply.SegmentId, _volume, e.Message);
            await metadata.SealSegmentAsync(reply.SegmentId);
            return false;
        }

        environment.Metrics.SegmentOpened(_volume);
        if (!pipeline.TryOfferSegment(slot, new WriterSegment(appender, slot)))
        {
            slot.Volume.Close(appender);
        }

        return true;
    }

    private Task<IWalSegmentAppender> CreateAsync(OpenSegmentReply reply)
    {
        var header = new WalSegmentHeader
        {
            ClusterId = metadata.Identity.ClusterId,
            WriterId = metadata.Identity.WriterId,
            WriterEpoch = metadata.Identity.WriterEpoch,
            SegmentId = reply.SegmentId,
            CreatedMs = environment.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        };

        // The volume may hang; nobody waits for it beyond the epoch.
        var location = new WalSegmentLocation(_volume, reply.Path);
        return slot.Volume.CreateAsync(() => storage.Segments.Create(location, header, storage.Settings), ended);
    }

    private static partial class Log
    {
        [LoggerMessage(1231, LogLevel.Warning, "Segment {SegmentId} could not be created on {Volume}: {Reason}")]
        public static partial void CreationFailed(ILogger logger, long segmentId, string volume, string reason);
    }
}
