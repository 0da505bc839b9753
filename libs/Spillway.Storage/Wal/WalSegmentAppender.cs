using System.Diagnostics;

namespace Spillway.Storage.Wal;

/// <summary>
/// Writes one new segment: created exclusively, owned by this object for life, never reopened. Places are given out by one
/// thread at a time (<see cref="TryPlace"/>); placed blocks may then be written side by side, each on a lane of its own.
/// Every call blocks on the volume, so it belongs on a dedicated thread.
/// </summary>
/// <remarks>
/// A lane is a descriptor of its own, because the kernel reports a failed write-back once per open file: were two threads
/// to flush through the same one, the first could take the error that belongs to the other's bytes.
/// After any failure the segment is poisoned and takes no more: what the page cache holds then is anybody's guess.
/// </remarks>
public sealed class WalSegmentAppender : IWalSegmentAppender
{
    private readonly IWalFileSystem _fileSystem;
    private readonly IWalFile[] _lanes;
    private readonly long _segmentBytes;
    private readonly WalSegmentHeader _header;
    private long _endPosition = WalSegmentHeader.LengthBytes;
    private volatile bool _isPoisoned;

    private WalSegmentAppender(
        IWalFileSystem fileSystem, IWalFile[] lanes, string path, in WalSegmentHeader header, long segmentBytes)
    {
        _fileSystem = fileSystem;
        _lanes = lanes;
        Path = path;
        _header = header;
        _segmentBytes = segmentBytes;
    }

    /// <summary>The segment's file.</summary>
    public string Path { get; }

    /// <summary>The segment's id.</summary>
    public long SegmentId => _header.SegmentId;

    /// <summary>Where the next block will be placed.</summary>
    public long EndPosition => _endPosition;

    /// <summary>Whether a block was ever placed.</summary>
    public bool HasBlocks => _endPosition > WalSegmentHeader.LengthBytes;

    /// <summary>Whether a write or flush failed: the segment must be sealed.</summary>
    public bool IsPoisoned => _isPoisoned;

    /// <summary>Creates the file, gives it its size and header and makes all that durable, its name included.</summary>
    public static WalSegmentAppender Create(
        IWalFileSystem fileSystem, string path, in WalSegmentHeader header, in WalSegmentSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.SegmentBytes, 2 * WalFormat.AlignmentBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.LaneCount, 1);
        var folder = System.IO.Path.GetDirectoryName(path)!;
        var lanes = new IWalFile[settings.LaneCount];
        try
        {
            fileSystem.CreateDirectory(folder);
            lanes[0] = fileSystem.CreateExclusive(path, settings.FlushMode);
            lanes[0].Preallocate(settings.SegmentBytes);
            var bytes = new byte[WalSegmentHeader.LengthBytes];
            header.Write(bytes);
            lanes[0].Write([bytes], position: 0);
            lanes[0].FlushAll();
            fileSystem.SyncDirectory(folder);
            for (var i = 1; i < lanes.Length; i++)
            {
                lanes[i] = fileSystem.OpenWrite(path, settings.FlushMode);
            }
        }
        catch (Exception e)
        {
            CloseAll(lanes);
            if (e is IOException or UnauthorizedAccessException)
            {
                TryDelete(fileSystem, lanes[0] is null ? null : path);
                throw new WalAppendException($"The segment '{path}' could not be created: {e.Message}", e);
            }

            throw;
        }

        return new WalSegmentAppender(fileSystem, lanes, path, header, settings.SegmentBytes);
    }

    /// <summary>
    /// Whether there is room for a block of that size. One larger than a whole segment fits an empty one, whose file then grows.
    /// </summary>
    public bool Fits(long occupiedBytes) => !HasBlocks || _endPosition + occupiedBytes <= _segmentBytes;

    /// <summary>Gives the block the next place; false when it does not fit.</summary>
    public bool TryPlace(WalBlock block, long blockSeq)
    {
        Debug.Assert(block.Count > 0, "An empty block says nothing.");
        if (!Fits(block.OccupiedBytes))
        {
            return false;
        }

        block.Place(_header.SegmentId, _header.WriterEpoch, blockSeq, _endPosition);
        _endPosition += block.OccupiedBytes;
        return true;
    }

    /// <summary>Writes a placed block in one gathered write and makes it durable. Returns only when it is.</summary>
    /// <param name="block">The block.</param>
    /// <param name="lane">The lane of the calling thread.</param>
    /// <param name="onWritten">Called between write and flush, for tests of what a crash there leaves; null for nothing.</param>
    public void Write(WalBlock block, int lane, Action? onWritten = null)
    {
        if (block.Header.SegmentId != _header.SegmentId)
        {
            throw new InvalidOperationException("The block was placed in another segment.");
        }

        ThrowIfPoisoned();
        var parts = block.Encode();
        try
        {
            _lanes[lane].Write(parts, block.Header.Position);
            onWritten?.Invoke();
            _lanes[lane].FlushData();
        }
        catch (Exception e)
        {
            _isPoisoned = true;
            if (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                throw new WalAppendException($"A block of segment '{Path}' could not be made durable: {e.Message}", e);
            }

            throw;
        }

        // A flush that succeeded beside one that failed is not believed: the file is not what we think it is.
        ThrowIfPoisoned();
    }

    /// <summary>Closes the file. Durable is what was written; closing adds nothing.</summary>
    public void Dispose() => CloseAll(_lanes);

    /// <inheritdoc/>
    public void Discard()
    {
        if (HasBlocks)
        {
            throw new InvalidOperationException("What blocks were placed in may be named by the index.");
        }

        Dispose();
        try
        {
            _fileSystem.Delete(Path);
            _fileSystem.SyncDirectory(System.IO.Path.GetDirectoryName(Path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WalAppendException($"The segment '{Path}' could not be taken away: {e.Message}", e);
        }
    }

    /// <summary>Half a segment is of no use, and who deletes segments may have been there already.</summary>
    private static void TryDelete(IWalFileSystem fileSystem, string? created)
    {
        try
        {
            if (created is not null)
            {
                fileSystem.Delete(created);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The volume fails; what it keeps is deleted when the segment is.
        }
    }

    private void ThrowIfPoisoned()
    {
        if (_isPoisoned)
        {
            throw new WalAppendException($"Segment '{Path}' had a failed flush and takes no more blocks.");
        }
    }

    private static void CloseAll(IWalFile?[] lanes)
    {
        foreach (var lane in lanes)
        {
            lane?.Dispose();
        }
    }
}
