using System.Diagnostics;
using Spillway.Storage.Objects;

namespace Spillway.Storage.Wal.S3;

/// <summary>
/// Writes one new segment whose blocks are objects. Each key is given out once and put only where nothing is (If-None-Match), so
/// nothing is ever overwritten; a put whose outcome is unknown is made again and finds itself there, the same bytes under the same key.
/// Where something else is there, or the attempts are used up, the segment is poisoned. Places are given out by one thread at a time;
/// placed blocks are put side by side. Every call blocks, so it belongs on a dedicated thread.
/// </summary>
public sealed class S3SegmentAppender : IWalSegmentAppender
{
    private readonly IObjectStore _store;
    private readonly string _path;
    private readonly WalSegmentHeader _header;
    private readonly long _segmentBytes;
    private readonly S3WalSettings _settings;
    private readonly TimeProvider _time;
    private int _lastNumber;
    private long _placedBytes;
    private volatile bool _isPoisoned;

    private S3SegmentAppender(in S3Volume volume, string path, in WalSegmentHeader header, long segmentBytes)
    {
        _store = volume.Store;
        _settings = volume.Settings;
        _time = volume.Time;
        _path = path;
        _header = header;
        _segmentBytes = segmentBytes;
    }

    /// <inheritdoc/>
    public long SegmentId => _header.SegmentId;

    /// <inheritdoc/>
    public bool HasBlocks => _lastNumber > 0;

    /// <inheritdoc/>
    public bool IsPoisoned => _isPoisoned;

    /// <summary>Puts the segment's header where nothing is: it shows that the store can be written to and whose the prefix is.</summary>
    /// <exception cref="WalAppendException">It could not be put, or something is there.</exception>
    public static S3SegmentAppender Create(
        in S3Volume volume, string path, in WalSegmentHeader header, in WalSegmentSettings settings)
    {
        var appender = new S3SegmentAppender(volume, path, header, settings.SegmentBytes);
        var bytes = new byte[WalSegmentHeader.LengthBytes];
        header.Write(bytes);
        appender.Put(S3SegmentKeys.HeaderOf(path), new ObjectPayload(bytes.AsMemory()));
        return appender;
    }

    /// <inheritdoc/>
    public bool Fits(long occupiedBytes) => !HasBlocks || _placedBytes + occupiedBytes <= _segmentBytes;

    /// <inheritdoc/>
    public bool TryPlace(WalBlock block, long blockSeq)
    {
        Debug.Assert(block.Count > 0, "An empty block says nothing.");
        if (!Fits(block.OccupiedBytes))
        {
            return false;
        }

        _lastNumber++;
        _placedBytes += block.OccupiedBytes;
        block.Place(_header.SegmentId, _header.WriterEpoch, blockSeq, new S3BlockPosition(_lastNumber, 0).ToPosition());
        return true;
    }

    /// <inheritdoc/>
    public void Write(WalBlock block, int lane, Action? onWritten = null)
    {
        if (block.Header.SegmentId != _header.SegmentId)
        {
            throw new InvalidOperationException("The block was placed in another segment.");
        }

        if (_isPoisoned)
        {
            throw new WalAppendException($"Segment '{_path}' had a failed put and takes no more blocks.");
        }

        var number = S3BlockPosition.Of(block.Header.Position).Number;
        Put(S3SegmentKeys.BlockOf(_path, number), ObjectPayload.FromPieces(block.Encode(isPadded: false)));
    }

    /// <summary>Nothing is open.</summary>
    public void Dispose()
    {
    }

    /// <inheritdoc/>
    public void Discard()
    {
        if (HasBlocks)
        {
            throw new InvalidOperationException("What blocks were placed in may be named by the index.");
        }

        using var timeout = new CancellationTokenSource(_settings.PutTimeout, _time);
        try
        {
            var result = _store.DeleteAsync([S3SegmentKeys.HeaderOf(_path)], timeout.Token).GetAwaiter().GetResult();
            if (result.Failed.Count > 0)
            {
                throw new WalAppendException($"The segment '{_path}' could not be taken away: {result.Failed[0].Reason}");
            }
        }
        catch (Exception e) when (e is ObjectStoreException or OperationCanceledException)
        {
            throw new WalAppendException($"The segment '{_path}' could not be taken away: {e.Message}", e);
        }
    }

    private void Put(string key, ObjectPayload payload)
    {
        try
        {
            // On a thread of the writer's own, which has nothing else to do: everything behind it is free to go on.
            PutAsync(key, payload).GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            _isPoisoned = true;
            if (e is ObjectStoreException or OperationCanceledException)
            {
                throw new WalAppendException($"'{key}' could not be stored: {e.Message}", e);
            }

            throw;
        }
    }

    private async Task PutAsync(string key, ObjectPayload payload)
    {
        var backoff = _settings.Backoff;
        for (var attempt = 1; ; attempt++)
        {
            using var timeout = new CancellationTokenSource(_settings.PutTimeout, _time);
            try
            {
                await _store.PutAsync(key, payload, PutMode.CreateNew, timeout.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (attempt < _settings.PutAttemptsMax
                && e is ObjectStoreUnavailableException or OperationCanceledException)
            {
                // It may have been stored, and may still be: the same key and bytes settle it either way.
            }

            await Task.Delay(backoff, _time).ConfigureAwait(false);
            backoff *= 2;
        }
    }
}
