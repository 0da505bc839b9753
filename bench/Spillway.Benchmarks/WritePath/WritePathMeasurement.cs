using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Spillway.Standalone;

namespace Spillway.Benchmarks.WritePath;

/// <summary>
/// The produce path end to end beside the disk alone, in one run: <c>write-path [folder] [seconds per load]</c>. The platform runs in this
/// process, the load in another; every acknowledgement is after the flush of the WAL and of the metadata log.
/// </summary>
internal sealed class WritePathMeasurement : IDisposable
{
    private const string WalFlush = "spillway.wal.flush.duration";
    private const string LogFlush = "spillway.raft.flush.duration";
    private const string BlockBytes = "spillway.wal.block.size";
    private const string BlockBatches = "spillway.wal.block.batches";
    private const string WrittenBytes = "spillway.wal.written";
    private const int WarmUpSeconds = 3;

    private static readonly Load[] Loads =
    [
        new("64 KB records, 1 connection", 65_000, 65_536, 1, null),
        new("64 KB records, 8 connections", 65_000, 65_536, 8, null),
        new("64 KB records in 1 MB batches, 4 connections", 65_000, 1_000_000, 4, null),
        new("1 KB records in 100 KB batches, 1 connection", 1_000, 100_000, 1, null),
        new("1 KB records in 100 KB batches, 8 connections", 1_000, 100_000, 8, null),
        new("1 KB records in 100 KB batches at 10 MB/s", 1_000, 100_000, 1, 10),
        new("64 KB records at 10 MB/s", 65_000, 65_536, 1, 10),
    ];

    private readonly InstrumentRecorder _recorder = new(WalFlush, LogFlush, BlockBytes, BlockBatches, WrittenBytes);
    private readonly string _folder;
    private readonly double _seconds;

    private WritePathMeasurement(string folder, double seconds)
    {
        _folder = folder;
        _seconds = seconds;
    }

    public void Dispose() => _recorder.Dispose();

    public static async Task RunAsync(string[] args)
    {
        var parent = args.Length > 0 ? args[0] : Path.GetTempPath();
        var seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 10;
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"write-path-{Environment.ProcessId}")).FullName;
        using var measurement = new WritePathMeasurement(folder, seconds);
        try
        {
            await measurement.MeasureAsync().ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task MeasureAsync()
    {
        var server = $"127.0.0.1:{FreePort()}";
        string[] arguments =
        [
            "--data", Path.Combine(_folder, "data"), "--port", server.Split(':')[1], "--http-port", Text(FreePort()),
            // What is kept for readers is full after the warm-up: filling it is not what a batch costs.
            "--Spillway:ProtocolFrontend:TailCacheBytesMax=16777216", "--Spillway:WalWriter:RecentBytesMax=16777216",
        ];
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "Warning"); // or its lines are among the results
        _ = StandaloneHost.RunAsync(arguments, TextWriter.Null, Console.Error); // until the process ends
        await AwaitListenerAsync(server).ConfigureAwait(false);
        for (var i = 0; i < Loads.Length; i++)
        {
            await MeasureAsync(server, Loads[i], $"load-{i}").ConfigureAwait(false);
        }
    }

    private async Task MeasureAsync(string server, Load load, string topic)
    {
        await LoadProcess.RunAsync(server, topic, load, WarmUpSeconds).ConfigureAwait(false);
        _recorder.Clear();
        var allocatedBefore = GC.GetTotalAllocatedBytes();
        var result = await LoadProcess.RunAsync(server, topic, load, _seconds).ConfigureAwait(false);
        var allocated = GC.GetTotalAllocatedBytes() - allocatedBefore;

        var blocks = _recorder.Sorted(BlockBytes);
        var (wal, log) = (_recorder.Sorted(WalFlush), _recorder.Sorted(LogFlush));
        var meanBlock = (int)blocks.Average();
        var plain = PlainDisk.Measure(_folder, meanBlock, Math.Max(2, _seconds / 3));
        Print($"{load.Name}");
        Print($"  produce      {result.MegabytesPerSecond,8:F1} MB/s   p50 {result.P50Ms,7:F2}  p99 {result.P99Ms,7:F2}  p99.9 {result.P999Ms,7:F2}  max {result.MaxMs,7:F1} ms");
        Print($"  plain disk   {plain,8:F1} MB/s   in flushed blocks of {meanBlock} bytes: produce reaches {result.MegabytesPerSecond / plain:P0}");
        Print($"  WAL flush    {wal.Length / _seconds,8:F0} /s     p50 {At(wal, 0.5),7:F2}  p99 {At(wal, 0.99),7:F2} ms, {_recorder.Sorted(BlockBatches).Average():F1} batches a block");
        Print($"  log flush    {log.Length / _seconds,8:F0} /s     p50 {At(log, 0.5),7:F2}  p99 {At(log, 0.99),7:F2} ms");
        Print($"  latency over both flushes: p50 {result.P50Ms / (At(wal, 0.5) + At(log, 0.5)):F2}x  p99 {result.P99Ms / (At(wal, 0.99) + At(log, 0.99)):F2}x");
        Print($"  allocated    {allocated / (double)result.Requests,8:F0} B a batch; WAL bytes per ingested byte {_recorder.Sorted(WrittenBytes).Sum() / result.Bytes:F3}");
    }

    private static double At(double[] sortedSeconds, double quantile) =>
        1000 * sortedSeconds[(int)Math.Min(sortedSeconds.Length - 1, quantile * sortedSeconds.Length)];

    private static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task AwaitListenerAsync(string server)
    {
        var address = IPEndPoint.Parse(server);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(address).ConfigureAwait(false);
                return;
            }
            catch (SocketException) when (attempt < 200)
            {
                await Task.Delay(50).ConfigureAwait(false);
            }
        }
    }
}
