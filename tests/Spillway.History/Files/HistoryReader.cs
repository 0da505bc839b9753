using System.Text.Json;
using Spillway.History.Events;

namespace Spillway.History.Files;

/// <summary>Reads histories line by line, so that their length does not matter.</summary>
public static class HistoryReader
{
    /// <summary>The events of one file. A last line without its end is what a killed writer leaves, and is not read.</summary>
    public static IEnumerable<HistoryEvent> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
        var buffer = new byte[256 << 10];
        var filled = 0;
        var number = 0L;
        while (true)
        {
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * buffer.Length);
            }

            var read = file.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
            {
                yield break;
            }

            filled += read;
            var at = 0;
            for (var end = NextEnd(buffer, at, filled); end >= 0; end = NextEnd(buffer, at, filled))
            {
                yield return ReadLine(buffer.AsSpan(at, end - at), ++number, path);
                at = end + 1;
            }

            buffer.AsSpan(at, filled - at).CopyTo(buffer);
            filled -= at;
        }
    }

    /// <summary>
    /// The events of several files of one machine by their monotonic time, each file being in order. On equal times ends go before
    /// beginnings only as the files have it: a microsecond is nothing a request takes.
    /// </summary>
    public static IEnumerable<HistoryEvent> ReadMerged(IReadOnlyList<string> paths)
    {
        if (paths.Count == 1)
        {
            return Read(paths[0]);
        }

        return Merge([.. paths.Select(Read)]);
    }

    /// <summary>Merges histories that are in order each.</summary>
    public static IEnumerable<HistoryEvent> Merge(IReadOnlyList<IEnumerable<HistoryEvent>> histories)
    {
        var sources = histories.Select(static history => history.GetEnumerator()).ToArray();
        try
        {
            var next = new PriorityQueue<int, (long Time, int Source)>();
            for (var i = 0; i < sources.Length; i++)
            {
                Queue(i);
            }

            while (next.TryDequeue(out var source, out _))
            {
                yield return sources[source].Current;
                Queue(source);
            }

            void Queue(int source)
            {
                if (sources[source].MoveNext())
                {
                    next.Enqueue(source, (sources[source].Current.MonotonicMicros, source));
                }
            }
        }
        finally
        {
            foreach (var source in sources)
            {
                source.Dispose();
            }
        }
    }

    private static int NextEnd(byte[] buffer, int from, int to)
    {
        var end = buffer.AsSpan(from, to - from).IndexOf((byte)'\n');
        return end < 0 ? -1 : from + end;
    }

    private static HistoryEvent ReadLine(ReadOnlySpan<byte> line, long number, string path)
    {
        try
        {
            var read = HistoryJson.Read(line);
            read.Line = number;
            return read;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}, line {number}: {e.Message}", e);
        }
    }
}
