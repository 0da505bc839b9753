using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.MetadataNodes;

/// <summary>librdkafka with its defaults but for what it is told, producing at a steady rate: what was acknowledged, and when.</summary>
internal sealed class SteadyProducer : IAsyncDisposable
{
    public const int PartitionCount = 6;

    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Clients", "scripts", "steady.py");

    private readonly TemporaryFolder _folder = new();
    private readonly IKafkaCluster _cluster;
    private readonly string _topic;
    private readonly ChildProcess _process;

    private SteadyProducer(IKafkaCluster cluster, string topic, int recordsPerSecond, string[] settings)
    {
        _cluster = cluster;
        _topic = topic;
        _process = ChildProcess.Start(
            Installed.Python,
            [
                Script, cluster.BootstrapServers, topic, $"{PartitionCount}", recordsPerSecond.ToString(CultureInfo.InvariantCulture), Account,
                .. settings,
            ]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Account => Path.Combine(_folder.Path, "acked");

    private long Acked => _process.Output.LastOrDefault() is { } line
        ? JsonDocument.Parse(line).RootElement.GetProperty("acked").GetInt64()
        : 0;

    public static async Task<SteadyProducer> StartAsync(
        IKafkaCluster cluster, string topic, int recordsPerSecond = 500, params string[] settings)
    {
        var producer = new SteadyProducer(cluster, topic, recordsPerSecond, settings);
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
        var (acked, consumed) = await EndAsync();
        Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
        Assert.Equal(acked.Count, acked.Select(static entry => entry.Number).Distinct().Count());
        return ReadTimes();
    }

    /// <summary>
    /// The same for a producer without sequences: what was acknowledged is in the topic, and in each partition what was sent first comes first;
    /// what was sent again may be there again.
    /// </summary>
    public async Task<IReadOnlyList<DateTime>> FinishPlainAsync()
    {
        var (acked, consumed) = await EndAsync();
        Assert.Empty(acked.Except(consumed));
        foreach (var partition in consumed.GroupBy(static entry => entry.Partition))
        {
            var numbers = partition.OrderBy(static entry => entry.Offset).Select(static entry => entry.Number).Distinct().ToList();
            Assert.Equal(numbers.Order(), numbers);
        }

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

    private async Task<(IReadOnlyList<AccountEntry> Acked, IReadOnlyList<AccountEntry> Consumed)> EndAsync()
    {
        _process.Terminate();
        var exitCode = await _process.WaitForExitAsync(TimeSpan.FromMinutes(3), Token);
        Assert.True(exitCode == 0, $"not everything was acknowledged:\n{_process.Tail()}\n{_cluster.Tail()}");
        using var client = new BulkClient();
        return (
            BulkClient.ReadAccount(Account),
            await client.ConsumeAsync(new BulkLoad(_topic, PartitionCount, 0, 0, 0), _cluster.BootstrapServers));
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
