using System.Buffers;
using System.Diagnostics;
using Spillway.History.Events;

namespace Spillway.History.Files;

/// <summary>
/// Writes events to a file in the order of the calls, which is the order the checker takes for real time. Any thread may call; the lock
/// guards the buffer, the file and the clock reading, so that times never go back within a file.
/// </summary>
public sealed class HistoryWriter : IDisposable
{
    private const int FlushBytes = 64 << 10;

    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(2 * FlushBytes);
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private bool _disposed;

    /// <summary>Creates the file, or makes it empty.</summary>
    public HistoryWriter(string path, TimeProvider? time = null)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Events written so far.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Writes an event, with the time of now. An invocation is written before anything of it is sent, an end after everything was received.
    /// </summary>
    public void Write(HistoryEvent line)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return; // A worker that ends late has nothing to add: what it began is unknown either way.
            }

            line.WallMicros = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            line.MonotonicMicros = (long)((Int128)_time.GetTimestamp() * 1_000_000 / _time.TimestampFrequency);
            HistoryJson.Write(_buffer, line);
            Count++;
            if (_buffer.WrittenCount >= FlushBytes)
            {
                FlushBuffer();
            }
        }
    }

    /// <summary>Everything written is in the file.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                FlushBuffer();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                FlushBuffer();
                _disposed = true;
                _file.Dispose();
            }
        }
    }

    private void FlushBuffer()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "the buffer belongs to the lock");
        _file.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }
}
