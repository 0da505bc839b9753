using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Spillway.Benchmarks.Admin;
using Spillway.Benchmarks.WritePath;
using Spillway.Kafka.Messages;
using Spillway.Standalone;

namespace Spillway.Benchmarks.ReadPath;

/// <summary>
/// Consumers that catch up from the object store (a folder) while others follow the tail: <c>read-path [folder] [MB] [seconds]</c>. The
/// platform and the tail are in this process, the rest in others; what counts is the tail's latency with catching up over that without.
/// </summary>
internal static class ReadPathMeasurement
{
    private const int Partitions = 4;
    private const string Cold = "cold";
    private const string Tail = "tail";
    private const long LatestTieredTimestamp = -5;
    private static readonly Load Fill = new("what is to be cold", 1000, 100_000, Partitions, null);

    public static async Task RunAsync(string[] args)
    {
        var parent = args.Length > 0 ? args[0] : Path.GetTempPath();
        var megabytes = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1000;
        var seconds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 10;
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"read-path-{Environment.ProcessId}")).FullName;
        try
        {
            await MeasureAsync(folder, megabytes * 1_000_000L, TimeSpan.FromSeconds(seconds));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, long coldBytes, TimeSpan duration)
    {
        var port = FreePort();
        string[] arguments =
        [
            "--data", Path.Combine(folder, "data"), "--port", Text(port), "--http-port", Text(FreePort()),
            "--Spillway:ProtocolFrontend:TailCacheBytesMax=16777216", "--Spillway:WalWriter:RecentBytesMax=16777216",
            "--Spillway:ObjectCache:BlockBytesMax=134217728",
        ];
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "Warning"); // or its lines are among the results
        _ = StandaloneHost.RunAsync(arguments, TextWriter.Null, Console.Error); // until the process ends
        using var admin = await ConnectAsync(port);
        await CreateAsync(admin, Tail, 1);

        var filled = 0L;
        while (filled < coldBytes)
        {
            filled += (await LoadProcess.RunAsync($"127.0.0.1:{Text(port)}", Cold, Fill, 5)).Bytes;
        }

        for (var partition = 0; partition < Partitions; partition++)
        {
            await AwaitDrainedAsync(admin, partition);
        }

        Print($"{filled / 1e6:F0} MB in the object store, {Partitions} partitions of 100 KB batches; the tail has 10 MB/s of such");
        var alone = await CatchUpLoad.StartAsync(port, Cold, Partitions);
        Print($"  catching up alone     {alone.MegabytesPerSecond,8:F1} MB/s");
        var quiet = await new TailLoad(port, Tail).RunAsync(Task.Delay(duration));
        Print($"  tail alone            p50 {At(quiet, 0.5),7:F2}  p99 {At(quiet, 0.99),7:F2} ms, {quiet.Length} batches");
        var both = CatchUpLoad.StartAsync(port, Cold, Partitions);
        var busy = await new TailLoad(port, Tail).RunAsync(both);
        Print($"  catching up with it   {(await both).MegabytesPerSecond,8:F1} MB/s");
        Print($"  tail with it          p50 {At(busy, 0.5),7:F2}  p99 {At(busy, 0.99),7:F2} ms, {busy.Length} batches: p99 {At(busy, 0.99) / At(quiet, 0.99):F2}x");
    }

    private static async Task AwaitDrainedAsync(AdminConnection admin, int partition)
    {
        var end = await CatchUpLoad.FindOffsetAsync(admin, Cold, partition);
        for (var attempt = 0; await CatchUpLoad.FindOffsetAsync(admin, Cold, partition, LatestTieredTimestamp) < end - 1; attempt++)
        {
            if (attempt > 1200)
            {
                throw new TimeoutException("The WAL was not drained within ten minutes.");
            }

            await Task.Delay(500);
        }
    }

    private static async Task<AdminConnection> ConnectAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await AdminConnection.OpenAsync(port);
            }
            catch (SocketException) when (attempt < 1200)
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task CreateAsync(AdminConnection admin, string topic, int partitions)
    {
        var request = new CreateTopicsRequest { TimeoutMs = 30_000 };
        request.Topics.Add(new() { Name = topic, NumPartitions = partitions, ReplicationFactor = -1 });
        await admin.AskAsync<CreateTopicsResponse>(request, 5);
    }

    private static double At(double[] sorted, double quantile) => sorted[(int)Math.Min(sorted.Length - 1, quantile * sorted.Length)];

    private static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
