using Spillway.Kafka;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Knows a sequential reader of cold data by its coming back where it left off, and how far to read ahead of it: nothing at first, then
/// twice as much each time it comes back. One that jumps is a stranger every time. Bounded; thread-safe.
/// </summary>
internal sealed class SequentialReaders(long readAheadBytesMax, long sharedBytesMax, TimeProvider time)
{
    public const long FirstBytes = 512 << 10;
    private const int ReadersMax = 4096;
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();                            // guards all fields below
    private readonly Dictionary<(LogId Log, long Offset), LinkedListNode<Reader>> _readers = [];
    private readonly LinkedList<Reader> _byAge = new();             // first: came longest ago

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
                ? Math.Min(reader.Value.AheadBytes, Math.Min(readAheadBytesMax, sharedBytesMax / _readers.Count))
                : 0;
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

    private sealed record Reader(LogId Log, long Offset, long AheadBytes, long CameTimestamp);
}
