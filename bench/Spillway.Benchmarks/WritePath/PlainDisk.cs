using System.Diagnostics;
using Spillway.Storage.Wal;

namespace Spillway.Benchmarks.WritePath;

/// <summary>The baseline: the same bytes in the same blocks, written one after the other and flushed each, and nothing else.</summary>
internal static class PlainDisk
{
    /// <summary>MB/s of sequential write and fdatasync in blocks of that size.</summary>
    public static double Measure(string folder, int blockBytes, double seconds)
    {
        var path = Path.Combine(folder, "plain");
        var block = new byte[blockBytes];
        new Random(1).NextBytes(block);
        ReadOnlyMemory<byte>[] parts = [block];
        var position = 0L;
        var start = Stopwatch.GetTimestamp();
        using (var file = PosixWalFileSystem.Instance.CreateExclusive(path, WalFlushMode.FdataSync))
        {
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
            {
                file.Write(parts, position);
                file.FlushData();
                position += blockBytes;
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        File.Delete(path);
        return position / 1e6 / elapsed.TotalSeconds;
    }
}
