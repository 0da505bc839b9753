namespace Spillway.Storage.Wal;

/// <summary>
/// Reads ranges that the index names from segments of any writer, from any host. What it gives out is verified: whole
/// record batches, each with its own CRC-32C. A view that looks stale is dropped and tried once more. Thread-safe.
/// </summary>
public sealed class WalSegmentReader : IDisposable
{
    private readonly WalVolumeSet _volumes;
    private readonly BlockingIoPool _pool;
    private readonly WalFileCache _files;

    /// <summary>Takes what it reads with.</summary>
    /// <param name="fileSystem">The file operations.</param>
    /// <param name="volumes">The volumes mounted here.</param>
    /// <param name="pool">The threads that block on the volumes; shared, not disposed here.</param>
    /// <param name="openFilesMax">How many segments are kept open.</param>
    public WalSegmentReader(IWalFileSystem fileSystem, WalVolumeSet volumes, BlockingIoPool pool, int openFilesMax = 256)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(openFilesMax, 1);
        _volumes = volumes;
        _pool = pool;
        _files = new WalFileCache(fileSystem, openFilesMax);
    }

    /// <summary>How many segments are open now.</summary>
    public int OpenFileCount => _files.OpenCount;

    /// <summary>
    /// Reads the begin of an index entry's range, as much as the destination holds.
    /// </summary>
    /// <param name="location">Where the segment's file is.</param>
    /// <param name="position">Where the range begins: at a batch.</param>
    /// <param name="rangeBytes">The length of the range: whole batches back to back.</param>
    /// <param name="destination">Where to; no longer than the range. In use until the call completes, cancelled or not.</param>
    /// <param name="cancellationToken">Takes the read out of the queue; a read that has begun is awaited.</param>
    /// <returns>
    /// The length of the whole, verified batches at the destination's begin: all of the range when it fits, and 0 when not
    /// even the first batch fits.
    /// </returns>
    /// <exception cref="WalReadException">The range could not be read from a fresh view either.</exception>
    public ValueTask<int> ReadAsync(
        WalSegmentLocation location,
        long position,
        long rangeBytes,
        Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, rangeBytes, nameof(destination));
        var path = FindPath(location);
        return _pool.RunAsync(
            static read => read.Reader.Read(read),
            new RangeRead(this, path, position, rangeBytes, destination, Parts: null),
            cancellationToken);
    }

    /// <summary>
    /// Reads a stretch of a segment in which several ranges of the index lie, with whatever lies between them: one call on the volume
    /// where there would be many. Each part is verified as a whole range of its own; what lies between is not.
    /// </summary>
    /// <param name="location">Where the segment's file is.</param>
    /// <param name="position">Where the stretch begins.</param>
    /// <param name="destination">Where to; as long as the stretch. In use until the call completes, cancelled or not.</param>
    /// <param name="parts">The ranges, relative to the stretch.</param>
    /// <param name="cancellationToken">Takes the read out of the queue; a read that has begun is awaited.</param>
    /// <exception cref="WalReadException">Some part could not be read from a fresh view either.</exception>
    public async ValueTask ReadPartsAsync(
        WalSegmentLocation location,
        long position,
        Memory<byte> destination,
        IReadOnlyList<WalStretchPart> parts,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentNullException.ThrowIfNull(parts);
        var path = FindPath(location);
        await _pool.RunAsync(
            static read => read.Reader.Read(read),
            new RangeRead(this, path, position, destination.Length, destination, parts),
            cancellationToken);
    }

    /// <summary>Closes the handle on a segment, if one is open: for segments that are known to be deleted.</summary>
    public void Forget(WalSegmentLocation location)
    {
        if (_volumes.FindPath(location) is { } path)
        {
            _files.Drop(path);
        }
    }

    /// <summary>Closes all handles.</summary>
    public void Dispose() => _files.Dispose();

    private int Read(in RangeRead read)
    {
        if (TryRead(read, fresh: false, out var verifiedBytes, out _))
        {
            return verifiedBytes;
        }

        // Close-to-open: opening anew is what makes an NFS client ask the server again.
        if (TryRead(read, fresh: true, out verifiedBytes, out var failure))
        {
            return verifiedBytes;
        }

        throw failure!;
    }

    private bool TryRead(in RangeRead read, bool fresh, out int verifiedBytes, out WalReadException? failure)
    {
        verifiedBytes = 0;
        failure = null;
        WalFileCache.CachedFile? file = null;
        try
        {
            file = _files.Rent(read.Path, fresh);
            var readBytes = file.File.Read(read.Destination.Span, read.Position);
            if (readBytes < read.Destination.Length)
            {
                failure = Fail(read, WalReadFailure.Stale, $"the file ends after {readBytes} bytes of the range");
                return false;
            }

            verifiedBytes = read.Parts is null
                ? WalBatchVerifier.Verify(read.Destination.Span, read.RangeBytes)
                : VerifyParts(read.Destination.Span, read.Parts);
            if (verifiedBytes < 0)
            {
                failure = Fail(read, WalReadFailure.Corrupt, "there are no whole batches with their checksums");
                return false;
            }

            return true;
        }
        catch (IOException e)
        {
            failure = Fail(read, Classify(e), e.Message, e);
            return false;
        }
        finally
        {
            if (file is not null)
            {
                _files.Return(file);
            }
        }
    }

    private static int VerifyParts(ReadOnlySpan<byte> stretch, IReadOnlyList<WalStretchPart> parts)
    {
        foreach (var part in parts)
        {
            if (WalBatchVerifier.Verify(stretch.Slice(part.Start, part.LengthBytes), part.LengthBytes) < 0)
            {
                return -1;
            }
        }

        return stretch.Length;
    }

    private string FindPath(WalSegmentLocation location) =>
        _volumes.FindPath(location)
            ?? throw new WalReadException(WalReadFailure.Missing, $"The volume of {location} is not mounted here.");

    private static WalReadFailure Classify(IOException e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => WalReadFailure.Missing,
        { HResult: WalErrno.Stale } => WalReadFailure.Stale,
        _ => WalReadFailure.Failed,
    };

    private static WalReadException Fail(in RangeRead read, WalReadFailure kind, string why, Exception? cause = null) =>
        new(kind, $"'{read.Path}' at {read.Position}, {read.Destination.Length} bytes: {why}", cause);

    private readonly record struct RangeRead(
        WalSegmentReader Reader,
        string Path,
        long Position,
        long RangeBytes,
        Memory<byte> Destination,
        IReadOnlyList<WalStretchPart>? Parts);
}
