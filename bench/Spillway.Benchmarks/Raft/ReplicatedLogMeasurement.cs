using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft;
using Spillway.Raft.Files;

namespace Spillway.Benchmarks.Raft;

/// <summary>
/// Proposals a second and their latency on a single-node log, beside the disk's own fdatasync in the same run:
/// <c>dotnet run -c Release --project bench/Spillway.Benchmarks -- raft [folder] [seconds]</c>.
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
                foreach (var proposers in (int[])[1, 8, 64])
                {
                    await MeasureLogAsync(folder, bytes, proposers, seconds);
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

    private static async Task MeasureLogAsync(string parent, int bytes, int proposers, double seconds)
    {
        var options = new ReplicatedLogOptions { Folder = Path.Combine(parent, $"log-{bytes}-{proposers}") };
        using var meters = new Meters();
        await using var log = new ReplicatedLog(
            options, new CountingStateMachine(), TimeProvider.System, NullLogger.Instance, meters);
        await log.StartAsync(CancellationToken.None);
        await ProposeForAsync(log, bytes, proposers, Math.Min(1, seconds)); // warm

        var before = log.AppliedIndex;
        var allocated = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        var latencies = await ProposeForAsync(log, bytes, proposers, seconds);
        var elapsed = clock.Elapsed.TotalSeconds;
        var entries = log.AppliedIndex - before;
        Print(
            $"log: {proposers,2} proposers, {bytes,6} B", latencies, elapsed,
            $"{latencies.Count / (double)entries,6:F1} commands/entry "
            + $"{(GC.GetTotalAllocatedBytes() - allocated) / latencies.Count,6} B allocated/command");
    }

    private static async Task<List<double>> ProposeForAsync(ReplicatedLog log, int bytes, int proposers, double seconds)
    {
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var runs = Enumerable.Range(0, proposers).Select(_ => Task.Run(async () =>
        {
            var command = new byte[bytes];
            var latencies = new List<double>(1 << 16);
            for (var started = Stopwatch.GetTimestamp(); started < end; started = Stopwatch.GetTimestamp())
            {
                await log.ProposeAsync(command, CancellationToken.None);
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

    private sealed class CountingStateMachine : IReplicatedStateMachine
    {
        private long _count;

        public object? Apply(ulong index, ReadOnlyMemory<byte> command)
        {
            _count++;
            return null;
        }

        public void WriteSnapshot(Stream destination) => destination.Write(BitConverter.GetBytes(_count));

        public void LoadSnapshot(Stream source)
        {
            var bytes = new byte[sizeof(long)];
            source.ReadExactly(bytes);
            _count = BitConverter.ToInt64(bytes);
        }

        public void OnGroupApplied(ulong appliedIndex)
        {
        }
    }

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
