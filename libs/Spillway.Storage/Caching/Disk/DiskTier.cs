using Microsoft.Extensions.Logging;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;

namespace Spillway.Storage.Caching.Disk;

/// <summary>
/// Data blocks that were read and had to make room in memory, on a local disk. Nothing but time depends on it: what it does not have, does not give
/// in time, or gives damaged is asked of the store. A disk that fails or stands still again and again is left alone for a while. Thread-safe.
/// </summary>
internal sealed partial class DiskTier : IDisposable
{
    /// <summary>A disk that takes longer is no better than the store.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a disk that failed is left alone.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    /// <summary>Failures one after the other that a disk is left alone after.</summary>
    public const int FailuresMax = 3;

    /// <summary>Reads under way, those that nobody waits for any more among them.</summary>
    public const int ReadsMax = 32;

    private const int ReadThreads = 4;

    /// <summary>What waits to be written is memory beside the cache's.</summary>
    private const long QueuedBytesMax = 32L << 20;

    private readonly IBlockFile _file;
    private readonly BufferPool _pool;
    private readonly ObjectCacheMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BlockingIoPool _readThreads = new("block-reads", ReadThreads, ReadsMax);
    private readonly BlockingIoPool _writeThread = new("block-writes", 1, 1);
    private readonly Lock _lock = new(); // guards all below
    private readonly BlockRing _ring;
    private readonly Queue<(BlockKey Key, SharedBuffer Bytes)> _queue = [];
    private long _queuedBytes;
    private int _reads;
    private int _failures;
    private long? _restingSince;
    private bool _isWriting;
    private bool _isClosed;

    public DiskTier(IBlockFile file, long bytesMax, BufferPool pool, ObjectCacheMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_file, _pool, _metrics, _time, _logger) = (file, pool, metrics, time, logger);
        _ring = new BlockRing(bytesMax);
    }

    /// <summary>Bytes of the blocks on the disk.</summary>
    public long SizeBytes
    {
        get
        {
            lock (_lock)
            {
                return _ring.SizeBytes;
            }
        }
    }

    /// <summary>Whether the disk is left alone for now.</summary>
    public bool IsResting
    {
        get
        {
            lock (_lock)
            {
                return Rests();
            }
        }
    }

    /// <summary>Whether it is worth asking for a block.</summary>
    public bool Holds(BlockKey key)
    {
        lock (_lock)
        {
            return !_isClosed && !Rests() && _reads < ReadsMax && _ring.TryFind(key, out _);
        }
    }

    /// <summary>The block, with a reference that is the caller's; null where it is to be had from the store only. Never throws.</summary>
    public async Task<SharedBuffer?> TryReadAsync(BlockKey key, DataBlockEntry block)
    {
        BlockPlace place;
        lock (_lock)
        {
            if (_isClosed || Rests() || _reads >= ReadsMax || !_ring.TryFind(key, out place) || place.LengthBytes != block.SizeBytes)
            {
                return null;
            }

            _reads++;
        }

        var reading = ReadAsync(key, block, place);
        using var timerEnd = new CancellationTokenSource();
        if (await Task.WhenAny(reading, Task.Delay(Patience, _time, timerEnd.Token)).ConfigureAwait(false) == reading)
        {
            await timerEnd.CancelAsync().ConfigureAwait(false);
            var bytes = await reading.ConfigureAwait(false);
            if (bytes is not null)
            {
                _metrics.DiskFound();
                Went();
            }

            return bytes;
        }

        Failed($"a read took longer than {Patience.TotalMilliseconds:0} ms");
        _ = DiscardAsync(reading);
        return null;
    }

    /// <summary>Keeps a block if there is time for it; the reference stays the caller's. Does not wait.</summary>
    public void Offer(BlockKey key, SharedBuffer bytes)
    {
        lock (_lock)
        {
            if (_isClosed || Rests() || _ring.TryFind(key, out _))
            {
                return;
            }

            if (_queuedBytes + bytes.Length > QueuedBytesMax)
            {
                _metrics.DiskPassedOver();
                return;
            }

            bytes.AddRef();
            _queue.Enqueue((key, bytes));
            _queuedBytes += bytes.Length;
            if (!_isWriting)
            {
                _isWriting = true;
                _ = Task.Run(WriteAllAsync);
            }
        }
    }

    /// <summary>Forgets all. What is under way ends by itself; the file is closed behind it, or left to the end of the process.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _ring.Clear();
            CloseIfIdle();
        }

        _readThreads.Dispose();
        _writeThread.Dispose();
    }

    private async Task<SharedBuffer?> ReadAsync(BlockKey key, DataBlockEntry block, BlockPlace place)
    {
        var buffer = _pool.Rent(place.LengthBytes);
        string? trouble = null;
        try
        {
            await _readThreads.RunAsync(
                static state =>
                {
                    state.File.Read(state.Position, state.Buffer.Span);
                    return true;
                },
                (File: _file, place.Position, Buffer: buffer),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            trouble = e.Message;
        }

        bool isWhole;
        lock (_lock)
        {
            // A place that was taken for another meanwhile is not this block's any more: its bytes may be of both.
            isWhole = trouble is null && _ring.TryFind(key, out var still) && still == place;
            _reads--;
            CloseIfIdle();
        }

        if (isWhole && Crc32C.Compute(buffer.Span) != block.Crc32C)
        {
            (isWhole, trouble) = (false, "a block is not what was written");
        }

        if (trouble is not null)
        {
            lock (_lock)
            {
                _ring.Forget(key, place);
            }

            Failed(trouble);
        }

        if (isWhole)
        {
            return buffer;
        }

        buffer.Release();
        return null;
    }

    private async Task WriteAllAsync()
    {
        while (TryDequeue(out var key, out var bytes))
        {
            try
            {
                await WriteAsync(key, bytes).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                Failed(e.Message);
            }
            finally
            {
                bytes.Release();
            }
        }
    }

    private async Task WriteAsync(BlockKey key, SharedBuffer bytes)
    {
        BlockPlace place;
        lock (_lock)
        {
            if (_isClosed || Rests() || _ring.TryFind(key, out _) || _ring.Take(bytes.Length, out var droppedCount) is not { } taken)
            {
                return;
            }

            place = taken;
            _metrics.DiskEvicted(droppedCount);
        }

        await _writeThread.RunAsync(
            static state =>
            {
                state.File.Write(state.Position, state.Bytes.Span);
                return true;
            },
            (File: _file, place.Position, Bytes: bytes),
            CancellationToken.None).ConfigureAwait(false);
        lock (_lock)
        {
            _ring.Name(key, place);
        }

        _metrics.DiskWritten(bytes.Length);
        Went();
    }

    private bool TryDequeue(out BlockKey key, out SharedBuffer bytes)
    {
        lock (_lock)
        {
            var isMore = _queue.TryDequeue(out var next);
            (key, bytes) = next;
            if (isMore)
            {
                _queuedBytes -= bytes.Length;
            }
            else
            {
                _isWriting = false;
                CloseIfIdle();
            }

            return isMore;
        }
    }

    private void Went()
    {
        lock (_lock)
        {
            _failures = 0;
        }
    }

    private void Failed(string reason)
    {
        _metrics.DiskFailed();
        lock (_lock)
        {
            if (_isClosed || _restingSince is not null || ++_failures < FailuresMax)
            {
                return;
            }

            _restingSince = _time.GetTimestamp();
            _ring.Clear();
        }

        Log.LeftAlone(_logger, Rest.TotalSeconds, reason);
    }

    // Called under the lock.
    private bool Rests()
    {
        if (_restingSince is { } since && _time.GetElapsedTime(since) >= Rest)
        {
            (_restingSince, _failures) = (null, 0);
        }

        return _restingSince is not null;
    }

    // Called under the lock.
    private void CloseIfIdle()
    {
        if (_isClosed && !_isWriting && _reads == 0)
        {
            _file.Dispose();
        }
    }

    private static async Task DiscardAsync(Task<SharedBuffer?> late) => (await late.ConfigureAwait(false))?.Release();

    private static partial class Log
    {
        [LoggerMessage(1520, LogLevel.Warning, "The disk of the object cache is left alone for {Seconds} s, reads go to the object store: {Reason}")]
        public static partial void LeftAlone(ILogger logger, double seconds, string reason);
    }
}
