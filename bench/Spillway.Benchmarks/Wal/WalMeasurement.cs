using System.Diagnostics;
using System.Globalization;
using Spillway.Kafka;
using Spillway.Storage.Wal;

namespace Spillway.Benchmarks.Wal;

/// <summary>
/// Appends and flushes blocks to a segment as the WAL writer does, beside a plain sequential write and fdatasync of the same
/// sizes in the same run: <c>wal [folder] [MiB per run]</c>. Disks here are shared, so the ratio is the result, not the MB/s.
/// </summary>
internal static class WalMeasurement
{
    private const int RecordBytes = 64 << 10;

    public static void Run(ReadOnlySpan<string> arguments)
    {
        var parent = arguments.Length > 0 ? arguments[0] : Path.GetTempPath();
        var totalBytes = (arguments.Length > 1 ? long.Parse(arguments[1], CultureInfo.InvariantCulture) : 512) << 20;
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"wal-measurement-{Environment.ProcessId}")).FullName;
        try
        {
            Console.WriteLine(FormattableString.Invariant(
                $"{RecordBytes >> 10} KiB records, {totalBytes >> 20} MiB a run, every block flushed, in {folder}"));
            Console.WriteLine("records/block  lanes  mode        MB/s   p50 ms   p99 ms");
            foreach (var recordsPerBlock in new[] { 1, 8, 32 })
            {
                MeasurePlain(folder, recordsPerBlock, totalBytes);
                Measure(folder, recordsPerBlock, laneCount: 1, WalFlushMode.FdataSync, totalBytes);
                Measure(folder, recordsPerBlock, laneCount: 2, WalFlushMode.FdataSync, totalBytes);
                Measure(folder, recordsPerBlock, laneCount: 1, WalFlushMode.Dsync, totalBytes);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void MeasurePlain(string folder, int recordsPerBlock, long totalBytes)
    {
        var blockBytes = recordsPerBlock * RecordBytes;
        var path = Path.Combine(folder, "plain");
        var durations = new List<double>();
        var record = CreateRecord();
        var parts = Enumerable.Repeat((ReadOnlyMemory<byte>)record, recordsPerBlock).ToArray();
        var start = Stopwatch.GetTimestamp();
        using (var file = PosixWalFileSystem.Instance.CreateExclusive(path, WalFlushMode.FdataSync))
        {
            for (long position = 0; position < totalBytes; position += blockBytes)
            {
                var blockStart = Stopwatch.GetTimestamp();
                file.Write(parts, position);
                file.FlushData();
                durations.Add(Stopwatch.GetElapsedTime(blockStart).TotalMilliseconds);
            }
        }

        Report("plain", recordsPerBlock, 1, totalBytes, Stopwatch.GetElapsedTime(start), durations);
        File.Delete(path);
    }

    private static void Measure(string folder, int recordsPerBlock, int laneCount, WalFlushMode mode, long totalBytes)
    {
        var path = Path.Combine(folder, $"{recordsPerBlock}-{laneCount}-{mode}.wal");
        var blockCount = totalBytes / (recordsPerBlock * RecordBytes);
        var header = new WalSegmentHeader
        {
            ClusterId = Guid.Empty,
            WriterId = 1,
            WriterEpoch = 1,
            SegmentId = 1,
            CreatedMs = 0,
        };
        var segmentBytes = WalSegmentHeader.LengthBytes
            + (blockCount * WalFormat.AlignUp(WalBlockHeader.GetHeadBytes(recordsPerBlock) + (recordsPerBlock * RecordBytes)));
        using var segment = WalSegmentAppender.Create(
            PosixWalFileSystem.Instance, path, header, new WalSegmentSettings(segmentBytes, mode, laneCount));
        var placing = new Lock();
        var durations = new List<double>();
        long blockSeq = 0;
        var start = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, laneCount).Select(lane => new Thread(() => RunLane(lane))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Report(mode.ToString(), recordsPerBlock, laneCount, totalBytes, Stopwatch.GetElapsedTime(start), durations);
        File.Delete(path);

        void RunLane(int lane)
        {
            var record = CreateRecord();
            var block = new WalBlock();
            while (true)
            {
                block.Clear();
                for (var i = 0; i < recordsPerBlock; i++)
                {
                    block.Add(new LogId(1), record);
                }

                lock (placing)
                {
                    if (blockSeq == blockCount)
                    {
                        return;
                    }

                    segment.TryPlace(block, ++blockSeq);
                }

                var blockStart = Stopwatch.GetTimestamp();
                segment.Write(block, lane);
                var duration = Stopwatch.GetElapsedTime(blockStart).TotalMilliseconds;
                lock (placing)
                {
                    durations.Add(duration);
                }
            }
        }
    }

    private static void Report(
        string mode, int recordsPerBlock, int laneCount, long totalBytes, TimeSpan duration, List<double> durations)
    {
        durations.Sort();
        Console.WriteLine(FormattableString.Invariant(
            $"{recordsPerBlock,13}  {laneCount,5}  {mode,-9} {totalBytes / duration.TotalSeconds / 1e6,7:F0} {Quantile(0.5),8:F2} {Quantile(0.99),8:F2}"));

        double Quantile(double share) => durations[(int)(share * (durations.Count - 1))];
    }

    private static byte[] CreateRecord()
    {
        var record = new byte[RecordBytes];
        new Random(1).NextBytes(record);
        return record;
    }
}
