using Spillway.Rpc.Metadata;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Committing;
using Spillway.WalWriter.Sessions;
using Spillway.WalWriter.Volumes;

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
    private static readonly TimeSpan RoomInterval = TimeSpan.FromSeconds(1);

    private readonly ILogger<SegmentSupplyLoop> _logger = environment.Loggers.CreateLogger<SegmentSupplyLoop>();
    private readonly WriterVolume _volume = slot.Volume;

    /// <summary>Runs until it is stopped; a segment whose opening has begun is still opened, so that it can be sealed.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (_volume.Space.BytesMax > 0)
        {
            await _volume.Space.Measured.WaitAsync(stopping);
        }

        while (true)
        {
            while (pipeline.WantsSegment(slot))
            {
                stopping.ThrowIfCancellationRequested();
                if (_volume.Backoff.Left is { Ticks: > 0 } left)
                {
                    await Task.Delay(left, environment.Time, stopping);
                }
                else if (HasRoom())
                {
                    await OpenAsync();
                }
                else
                {
                    await Task.Delay(RoomInterval, environment.Time, stopping);
                }
            }

            await slot.SupplyWake.WaitAsync(stopping);
        }
    }

    private bool HasRoom()
    {
        var isFull = !_volume.Space.HasRoom(storage.Settings.SegmentBytes);
        if (isFull != _volume.Space.IsFull)
        {
            _volume.Space.IsFull = isFull;
            if (isFull)
            {
                Log.Full(_logger, _volume.Name, _volume.Space.UsedBytes, _volume.Space.BytesMax);
            }
            else
            {
                Log.RoomAgain(_logger, _volume.Name, _volume.Space.UsedBytes, _volume.Space.BytesMax);
            }
        }

        return !isFull;
    }

    private async Task OpenAsync()
    {
        var token = Guid.NewGuid().ToString("N");
        var reply = await metadata.OpenSegmentAsync(_volume.Name, token);
        if (reply is null or { Fenced: true })
        {
            end(reply is null ? SessionEnd.Unavailable : SessionEnd.Fenced);
            return;
        }

        IWalSegmentAppender appender;
        try
        {
            appender = await CreateAsync(reply);
        }
        catch (WalAppendException e)
        {
            _volume.Backoff.Fail();
            environment.Metrics.SegmentFailed(_volume.Name);
            Log.CreationFailed(_logger, reply.SegmentId, _volume.Name, e.Message);
            await metadata.SealSegmentAsync(reply.SegmentId);
            return;
        }

        // Asked again now that it is there: this process may have slept through its lease and the deletion of what was not there yet.
        // Whatever metadata knows of from here on is deleted when it is done with it, and what it does not know of has to go now.
        var confirmed = await metadata.OpenSegmentAsync(_volume.Name, token);
        if (confirmed is null or { Fenced: true })
        {
            _volume.Discard(appender);
            end(confirmed is null ? SessionEnd.Unavailable : SessionEnd.Fenced);
            return;
        }

        _volume.Space.Add(storage.Settings.SegmentBytes);
        environment.Metrics.SegmentOpened(_volume.Name);
        if (!pipeline.TryOfferSegment(slot, new WriterSegment(appender, slot)))
        {
            _volume.Discard(appender);
        }
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
        var location = new WalSegmentLocation(_volume.Name, reply.Path);
        return _volume.CreateAsync(() => storage.Segments.Create(location, header, storage.Settings), ended);
    }

    private static partial class Log
    {
        [LoggerMessage(1231, LogLevel.Warning, "Segment {SegmentId} could not be created on {Volume}: {Reason}")]
        public static partial void CreationFailed(ILogger logger, long segmentId, string volume, string reason);

        [LoggerMessage(
            1232,
            LogLevel.Warning,
            "Volume {Volume} holds {UsedBytes} bytes of the {BytesMax} it may: no segment is opened there until compactors make room.")]
        public static partial void Full(ILogger logger, string volume, long usedBytes, long bytesMax);

        [LoggerMessage(1233, LogLevel.Information, "Volume {Volume} has room again: {UsedBytes} bytes of {BytesMax}.")]
        public static partial void RoomAgain(ILogger logger, string volume, long usedBytes, long bytesMax);
    }
}
