using System.Diagnostics;
using System.Globalization;
using Spillway.Raft.Files;

namespace Spillway.Benchmarks.Raft;

/// <summary>
/// Proposals and reads a second and their latency, of one node and of three in this process over loopback, beside the disk's own
/// fdatasync in the same run: <c>dotnet run -c Release --project bench/Spillway.Benchmarks -- raft [folder] [seconds]</c>.
/// </summary>
internal static class ReplicatedLogMeasurement
{
    public static async Task RunAsync(ReadOnlyMemory<string> args)
    {
        var parent = args.Length > 0 ? args.Span[0] : Path.GetTempPath();
        var seconds = args.Length > 1 ? double.Parse(args.Span[1], CultureInfo.InvariantCulture) : 3;
        var folder = Path.Combine(parent, $"raft-measurement-{Environment.ProcessId}");
        try
        {
            foreach (var bytes in (int[])[100, 10_000])
            {
                MeasureDisk(folder, bytes, seconds);
                foreach (var nodes in (int[])[1, 3])
                {
                    await using var group = await MeasuredGroup.StartAsync(Path.Combine(folder, $"{nodes}x{bytes}"), nodes);
                    foreach (var proposers in (int[])[1, 8, 64])
                    {
                        await MeasureLogAsync(group, bytes, proposers, seconds);
                    }

                    foreach (var readers in bytes == 100 ? (int[])[1, 64] : [])
                    {
                        await MeasureReadsAsync(group, readers, seconds);
                    }
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void MeasureDisk(string path, int bytes, double seconds)
    {
        using var folder = new DiskFolder(path);
        folder.Lock();
        using var file = folder.Create("disk.bin", 256 << 20);
        file.FlushAll();
        var record = new byte[bytes];
        var latencies = new List<double>();
        var clock = Stopwatch.StartNew();
        for (var position = 0L; clock.Elapsed.TotalSeconds < seconds && position < 255 << 20; position += bytes)
        {
            var started = Stopwatch.GetTimestamp();
            file.Write(record, position);
            file.FlushData();
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        Print($"disk: pwrite + fdatasync, {bytes,6} B", latencies, clock.Elapsed.TotalSeconds, "");
        folder.Delete("disk.bin");
    }

    private static async Task MeasureLogAsync(MeasuredGroup group, int bytes, int proposers, double seconds)
    {
        var log = group.Leader;
        var command = new byte[bytes];
        await RepeatAsync(proposers, Math.Min(1, seconds), ProposeAsync); // warm

        var before = log.AppliedIndex;
        var allocated = GC.GetTotalAllocatedBytes();
        var latencies = await RepeatAsync(proposers, seconds, ProposeAsync);
        var entries = log.AppliedIndex - before;
        Print(
            $"{group.Nodes} nodes: {proposers,2} proposers, {bytes,6} B", latencies, seconds,
            $"{latencies.Count / (double)entries,6:F1} commands/entry "
            + $"{(GC.GetTotalAllocatedBytes() - allocated) / latencies.Count,6} B allocated/command");

        async Task ProposeAsync() => await log.ProposeAsync(command, CancellationToken.None);
    }

    private static async Task MeasureReadsAsync(MeasuredGroup group, int readers, double seconds)
    {
        await RepeatAsync(readers, Math.Min(1, seconds), ReadAsync); // warm
        Print($"{group.Nodes} nodes: {readers,2} readers", await RepeatAsync(readers, seconds, ReadAsync), seconds, "");

        async Task ReadAsync() => await group.Leader.ReadBarrierAsync(CancellationToken.None);
    }

    private static async Task<List<double>> RepeatAsync(int callers, double seconds, Func<Task> call)
    {
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var runs = Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var latencies = new List<double>(1 << 16);
            for (var started = Stopwatch.GetTimestamp(); started < end; started = Stopwatch.GetTimestamp())
            {
                await call();
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return latencies;
        }));
        return [.. (await Task.WhenAll(runs)).SelectMany(static latencies => latencies)];
    }

    private static void Print(string what, List<double> latencies, double seconds, string more)
    {
        latencies.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-36} {latencies.Count / seconds,8:F0}/s  p50 {latencies[latencies.Count / 2],6:F3} ms  "
            + $"p99 {latencies[(int)(latencies.Count * 0.99)],7:F3} ms  {more}"));
    }
}
