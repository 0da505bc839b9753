using Spillway.Kafka.Buffers;

namespace Spillway.Storage.Wal.Reading;

/// <summary>
/// Ranges of files on a mounted volume, read on threads of its own. Each try has its own buffer, which the thread gives up when the
/// call on the volume has returned and nobody waits for it any more. Thread-safe.
/// </summary>
internal sealed class FileRangeSource : IWalRangeSource
{
    private readonly BlockingIoPool _threads;
    private readonly WalFileCache _files;
    private readonly BufferPool _buffers;
    private readonly PendingReads _pending = new();

    public FileRangeSource(IWalFileSystem fileSystem, string name, WalReadSettings settings, BufferPool buffers)
    {
        _threads = new BlockingIoPool(name, settings.ThreadsPerVolume, settings.QueuedReadsMax);
        _files = new WalFileCache(fileSystem, settings.OpenFilesMax);
        _buffers = buffers;
    }

    public int OpenCount => _files.OpenCount;

    public bool IsStalled => _pending.IsAny;

    public Task<SharedBuffer> ReadAsync(
        string path, long position, int lengthBytes, bool isFresh, CancellationToken cancellationToken)
    {
        var reading = _threads.RunAsync(
            static read => read.Source.Read(read), new Range(this, path, position, lengthBytes, isFresh), cancellationToken);
        if (reading.IsCompleted)
        {
            return reading.AsTask();
        }

        return _pending.LetGoAsync(reading.AsTask(), cancellationToken);
    }

    public void Forget(string path) => _files.Drop(path);

    public void Dispose()
    {
        _files.Dispose();
        _threads.Dispose();
    }

    private SharedBuffer Read(in Range range)
    {
        WalFileCache.CachedFile? file = null;
        SharedBuffer? buffer = null;
        try
        {
            file = _files.Rent(range.Path, range.IsFresh);
            buffer = _buffers.Rent(range.LengthBytes);
            var readBytes = file.File.Read(buffer.Span, range.Position);
            if (readBytes < range.LengthBytes)
            {
                throw new WalReadException(
                    WalReadFailure.Short, $"'{range.Path}' ends after {readBytes} of {range.LengthBytes} bytes at {range.Position}");
            }

            (var result, buffer) = (buffer, null);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whatever the view behind this handle is, it is not what the index says: the next try opens anew.
            _files.Drop(range.Path);
            throw e as WalReadException ?? new WalReadException(Classify(e), e.Message, e);
        }
        finally
        {
            buffer?.Release();
            if (file is not null)
            {
                _files.Return(file);
            }
        }
    }

    private static WalReadFailure Classify(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => WalReadFailure.Missing,
        IOException { HResult: WalErrno.Stale } => WalReadFailure.StaleHandle,
        _ => WalReadFailure.Failed,
    };

    private readonly record struct Range(FileRangeSource Source, string Path, long Position, int LengthBytes, bool IsFresh);
}
