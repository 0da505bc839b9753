using Spillway.Kafka;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Knows a sequential reader of cold data by its coming back where it left off, and how far to read ahead of it: nothing at first, then
/// twice as much each time it comes back. One that jumps is a stranger every time. Where what was read ahead of a log's readers was dropped before
/// they came, they get half as much, and only slowly more again. Bounded; thread-safe.
/// </summary>
internal sealed class SequentialReaders(long readAheadBytesMax, long sharedBytesMax, TimeProvider time)
{
    public const long FirstBytes = 512 << 10;
    private const int ReadersMax = 4096;
    private const int MovesToWiden = 16;
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();                            // guards all fields below
    private readonly Dictionary<(LogId Log, long Offset), LinkedListNode<Reader>> _readers = [];
    private readonly LinkedList<Reader> _byAge = new();             // first: came longest ago
    private readonly Dictionary<LogId, AheadLimit> _limits = [];    // of logs where too much was read ahead

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _readers.Count;
            }
        }
    }

    /// <summary>How many bytes to read ahead of a reader that asks for this offset.</summary>
    public long AheadOf(LogId log, long offset)
    {
        lock (_lock)
        {
            return _readers.TryGetValue((log, offset), out var reader)
                ? Math.Min(Math.Min(reader.Value.AheadBytes, LimitOf(log)), Math.Min(readAheadBytesMax, sharedBytesMax / _readers.Count))
                : 0;
        }
    }

    /// <summary>So many bytes were read ahead of a log's readers for nothing.</summary>
    public void Wasted(LogId log, long bytes)
    {
        lock (_lock)
        {
            if (!_limits.TryGetValue(log, out var limit))
            {
                if (_limits.Count >= ReadersMax)
                {
                    _limits.Clear();
                }

                _limits.Add(log, limit = new AheadLimit { Bytes = Math.Max(readAheadBytesMax, FirstBytes) });
            }

            limit.WastedBytes += bytes;
            limit.Moves = 0;

            // A quarter of a window in vain says that the window is too wide; the odd block does not.
            while (limit.WastedBytes >= limit.Bytes / 4 && limit.Bytes > FirstBytes)
            {
                limit.WastedBytes -= limit.Bytes / 4;
                limit.Bytes = Math.Max(FirstBytes, limit.Bytes / 2);
            }
        }
    }

    /// <summary>A reader that asked for one offset was given what lies before another, which it will ask for next if it is sequential.</summary>
    public void Moved(LogId log, long fromOffset, long toOffset)
    {
        lock (_lock)
        {
            var ahead = FirstBytes;
            if (_readers.Remove((log, fromOffset), out var known))
            {
                _byAge.Remove(known);
                ahead = Math.Min(known.Value.AheadBytes * 2, Math.Max(readAheadBytesMax, FirstBytes));
            }

            var now = time.GetTimestamp();
            var reader = new Reader(log, toOffset, ahead, now);
            if (_readers.Remove((log, toOffset), out var other))
            {
                // Two who go side by side are one from here on.
                _byAge.Remove(other);
                reader = reader with { AheadBytes = Math.Max(ahead, other.Value.AheadBytes) };
            }

            _readers.Add((log, toOffset), _byAge.AddLast(reader));
            ForgetOld(now);
            Widen(log);
        }
    }

    private long LimitOf(LogId log) => _limits.TryGetValue(log, out var limit) ? limit.Bytes : long.MaxValue;

    private void Widen(LogId log)
    {
        if (!_limits.TryGetValue(log, out var limit) || ++limit.Moves < MovesToWiden)
        {
            return;
        }

        (limit.Moves, limit.WastedBytes, limit.Bytes) = (0, 0, limit.Bytes * 2);
        if (limit.Bytes >= readAheadBytesMax)
        {
            _limits.Remove(log);
        }
    }

    private void ForgetOld(long now)
    {
        while (_byAge.First is { } oldest
            && (_readers.Count > ReadersMax || time.GetElapsedTime(oldest.Value.CameTimestamp, now) > ForgottenAfter))
        {
            _byAge.RemoveFirst();
            _readers.Remove((oldest.Value.Log, oldest.Value.Offset));
        }
    }

    private sealed class AheadLimit
    {
        public long Bytes { get; set; }

        public long WastedBytes { get; set; }

        /// <summary>Times that a reader of the log moved on since something was wasted.</summary>
        public int Moves { get; set; }
    }

    private sealed record Reader(LogId Log, long Offset, long AheadBytes, long CameTimestamp);
}
