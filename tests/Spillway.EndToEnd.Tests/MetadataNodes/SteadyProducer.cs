using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.MetadataNodes;

/// <summary>librdkafka with its defaults, producing at a steady rate: what was acknowledged, and when.</summary>
internal sealed class SteadyProducer : IAsyncDisposable
{
    public const int PartitionCount = 6;

    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Clients", "scripts", "steady.py");

    private readonly TemporaryFolder _folder = new();
    private readonly IKafkaCluster _cluster;
    private readonly string _topic;
    private readonly ChildProcess _process;

    private SteadyProducer(IKafkaCluster cluster, string topic, int recordsPerSecond)
    {
        _cluster = cluster;
        _topic = topic;
        _process = ChildProcess.Start(
            Installed.Python,
            [
                Script, cluster.BootstrapServers, topic, $"{PartitionCount}", recordsPerSecond.ToString(CultureInfo.InvariantCulture), Account,
            ]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Account => Path.Combine(_folder.Path, "acked");

    private long Acked => _process.Output.LastOrDefault() is { } line
        ? JsonDocument.Parse(line).RootElement.GetProperty("acked").GetInt64()
        : 0;

    public static async Task<SteadyProducer> StartAsync(IKafkaCluster cluster, string topic, int recordsPerSecond = 500)
    {
        var producer = new SteadyProducer(cluster, topic, recordsPerSecond);
        await producer.GoesOnAsync(2 * recordsPerSecond);
        return producer;
    }

    /// <summary>Waits until so many more records are acknowledged.</summary>
    public Task GoesOnAsync(int records)
    {
        var before = Acked;
        return Deadline.UntilAsync(
            () =>
            {
                Assert.False(_process.HasExited, $"the producer has given up:\n{_process.Tail()}\n{_cluster.Tail()}");
                return Acked >= before + records;
            },
            TimeSpan.FromSeconds(60),
            $"{records} more records are acknowledged",
            Token,
            () => $"{_process.Tail()}\n{_cluster.Tail()}");
    }

    /// <summary>Ends it: nothing failed and nothing was fatal, or the test does; then all that was acknowledged is in the topic, once.</summary>
    public async Task<IReadOnlyList<DateTime>> FinishAsync()
    {
        _process.Terminate();
        var exitCode = await _process.WaitForExitAsync(TimeSpan.FromMinutes(3), Token);
        Assert.True(exitCode == 0, $"not everything was acknowledged:\n{_process.Tail()}\n{_cluster.Tail()}");
        var acked = BulkClient.ReadAccount(Account);
        using var client = new BulkClient();
        var consumed = await client.ConsumeAsync(new BulkLoad(_topic, PartitionCount, 0, 0, 0), _cluster.BootstrapServers);
        Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
        Assert.Equal(acked.Count, acked.Select(static entry => entry.Number).Distinct().Count());
        return ReadTimes();
    }

    /// <summary>The longest that nothing was acknowledged, of the gaps that begin in the time after a moment.</summary>
    public static TimeSpan LongestGap(IReadOnlyList<DateTime> acknowledged, DateTime after, TimeSpan within)
    {
        var last = after;
        var longest = TimeSpan.Zero;
        foreach (var time in acknowledged.Where(time => time >= after).Order())
        {
            longest = time - last > longest ? time - last : longest;
            last = time;
            if (time > after + within)
            {
                break;
            }
        }

        return longest;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private List<DateTime> ReadTimes()
    {
        var bytes = File.ReadAllBytes(Account + ".times");
        var times = new List<DateTime>(bytes.Length / sizeof(double));
        for (var at = 0; at + sizeof(double) <= bytes.Length; at += sizeof(double))
        {
            times.Add(DateTime.UnixEpoch.AddSeconds(BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(at))));
        }

        return times;
    }

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);
}
