using System.Collections.Frozen;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Wal.S3;

namespace Spillway.Storage.Wal.Reading;

/// <summary>
/// Reads ranges that the index names from segments of any writer, from any host. What it gives out is verified: whole
/// record batches, each with its own CRC-32C. NFS is close-to-open, so what does not verify is first of all a stale view: the handle is
/// dropped and the file read anew past the page cache, a few times; then the segment's writer is asked. Thread-safe.
/// </summary>
public sealed class WalSegmentReader : IDisposable
{
    private readonly WalVolumeSet _volumes;
    private readonly WalReadSettings _settings;
    private readonly FrozenDictionary<string, IWalRangeSource> _sources;
    private readonly IWalWriterPeer? _writers;
    private readonly WalReadMetrics? _metrics;
    private readonly TimeProvider _time;

    /// <summary>Takes what it reads with.</summary>
    /// <param name="fileSystem">The file operations.</param>
    /// <param name="volumes">The volumes mounted here.</param>
    /// <param name="settings">How it treats them.</param>
    /// <param name="environment">What it uses besides.</param>
    public WalSegmentReader(
        IWalFileSystem fileSystem, WalVolumeSet volumes, WalReadSettings settings, in WalReadEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        ArgumentNullException.ThrowIfNull(settings);
        var buffers = environment.Buffers ?? BufferPool.Shared;
        var objects = environment.Objects;
        _volumes = volumes;
        _settings = settings;
        _writers = environment.Writers;
        _metrics = environment.Metrics;
        _time = environment.Time ?? TimeProvider.System;
        _sources = volumes.All.ToFrozenDictionary(
            static volume => volume.Name,
            volume => volume.Kind == WalVolumeKind.S3
                ? new S3RangeSource(objects ?? throw new ArgumentException($"{volume} needs an object store.", nameof(environment)), buffers, settings.StoreReadsMax)
                : (IWalRangeSource)new FileRangeSource(fileSystem, $"{settings.Name}-{volume.Name}", settings, buffers),
            StringComparer.Ordinal);
    }

    /// <summary>How many segments are open now.</summary>
    public int OpenFileCount => _sources.Values.Sum(static source => source.OpenCount);

    /// <summary>Reads and verifies. The buffer is exactly as long as what was asked for, and the caller's to release.</summary>
    /// <exception cref="WalReadException">
    /// No step gave it intact; or the file is not there and <see cref="WalRead.IsConfirmed"/> is false, which is for the caller to find out.
    /// </exception>
    public async Task<SharedBuffer> ReadAsync(WalRead read, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(read.Position, nameof(read));
        ArgumentOutOfRangeException.ThrowIfLessThan(read.LengthBytes, 1, nameof(read));
        WalReadException failure;
        if (_volumes.FindPath(read.Segment.Location) is { } path)
        {
            var (buffer, failed) = await ReadVolumeAsync(read, path, cancellationToken).ConfigureAwait(false);
            if (buffer is not null)
            {
                return buffer;
            }

            failure = failed!;
        }
        else
        {
            failure = new WalReadException(WalReadFailure.Missing, $"The volume of {read.Segment} is not mounted here.");
        }

        // Not there and not confirmed: most likely drained and deleted, and the index knows where to. Of a stretch that failed as a
        // whole, the caller reads the parts one by one.
        if (read.Parts is null && (read.IsConfirmed || !failure.MayHaveMoved))
        {
            if (await AskWriterAsync(read, cancellationToken).ConfigureAwait(false) is { } answer)
            {
                return answer;
            }

            _metrics?.Unreadable(_settings.Name, failure.Failure);
        }

        throw failure;
    }

    /// <summary>Closes the handle on a segment, if one is open: for segments that are known to be deleted.</summary>
    public void Forget(WalSegmentLocation location)
    {
        if (_volumes.FindPath(location) is { } path)
        {
            _sources[location.Volume].Forget(path);
        }
    }

    /// <summary>Closes all handles.</summary>
    public void Dispose()
    {
        foreach (var source in _sources.Values)
        {
            source.Dispose();
        }
    }

    private async Task<(SharedBuffer? Buffer, WalReadException? Failure)> ReadVolumeAsync(
        WalRead read, string path, CancellationToken cancellationToken)
    {
        var (buffer, failure) = await TryAsync(read, path, WalReadStep.OpenFile, cancellationToken).ConfigureAwait(false);
        foreach (var delay in _settings.FreshViewDelays)
        {
            // A volume that does not answer is not asked again, and what is gone is not looked for before the index was asked.
            var isOver = failure is null or { Failure: WalReadFailure.TimedOut } || (failure.MayHaveMoved && !read.IsConfirmed);
            if (isOver)
            {
                break;
            }

            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, _time, cancellationToken).ConfigureAwait(false);
            }

            (buffer, failure) = await TryAsync(read, path, WalReadStep.FreshView, cancellationToken).ConfigureAwait(false);
        }

        return (buffer, failure);
    }

    private async Task<(SharedBuffer? Buffer, WalReadException? Failure)> TryAsync(
        WalRead read, string path, WalReadStep step, CancellationToken cancellationToken)
    {
        var source = _sources[read.Segment.Location.Volume];
        var patience = source.IsStalled ? _settings.StalledTimeout : _settings.Timeout;
        using var timeout = new CancellationTokenSource(patience, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        WalReadException failure;
        try
        {
            var buffer = await source.ReadAsync(
                path, read.Position, read.LengthBytes, isFresh: step == WalReadStep.FreshView, linked.Token).ConfigureAwait(false);
            if (TryVerify(read, buffer))
            {
                _metrics?.Succeeded(_settings.Name, step, read.LengthBytes);
                return (buffer, null);
            }

            failure = new WalReadException(WalReadFailure.Corrupt, $"{read}: there are no whole batches with their checksums");
        }
        catch (WalReadException e)
        {
            failure = e;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            failure = new WalReadException(WalReadFailure.TimedOut, $"{read}: no answer in {patience.TotalMilliseconds} ms", e);
        }

        _metrics?.Failed(_settings.Name, step, WalReadMetrics.NameOf(failure.Failure));
        return (null, failure);
    }

    private async Task<SharedBuffer?> AskWriterAsync(WalRead read, CancellationToken cancellationToken)
    {
        if (_writers is null)
        {
            return null;
        }

        using var timeout = new CancellationTokenSource(_settings.WriterTimeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        SharedBuffer? buffer;
        try
        {
            buffer = await _writers.ReadAsync(read.Segment, read.Position, read.LengthBytes, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _metrics?.Failed(_settings.Name, WalReadStep.Writer, WalReadMetrics.NameOf(WalReadFailure.TimedOut));
            return null;
        }

        if (buffer is null)
        {
            _metrics?.Failed(_settings.Name, WalReadStep.Writer, "no_answer");
            return null;
        }

        if (!TryVerify(read, buffer))
        {
            _metrics?.Failed(_settings.Name, WalReadStep.Writer, WalReadMetrics.NameOf(WalReadFailure.Corrupt));
            return null;
        }

        _metrics?.Succeeded(_settings.Name, WalReadStep.Writer, read.LengthBytes);
        return buffer;
    }

    /// <summary>Nothing leaves the reader without this, wherever it came from. Gives up a buffer that does not pass.</summary>
    private static bool TryVerify(in WalRead read, SharedBuffer buffer)
    {
        if (buffer.Length == read.LengthBytes && WalBatchVerifier.IsIntact(buffer.Span, read.Parts))
        {
            return true;
        }

        buffer.Release();
        return false;
    }
}
