using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Crashes;

/// <summary>
/// The process dies by SIGKILL at a third and at two thirds of the load and comes back on the same port. The producer knows nothing of it and
/// retries by itself; what it was told is durable has to be there.
/// </summary>
public sealed class CrashTests
{
    private const int PartitionCount = 6;

    [Fact]
    public async Task A_million_idempotent_records_survive_two_kills_once_and_in_order()
    {
        var load = new BulkLoad("idempotent", PartitionCount, 1_000_000, 100, NewSeed(), "enable.idempotence=true");

        var (acked, consumed) = await RunAsync(load);

        Assert.Equal(load.RecordCount, consumed.Count);
        Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
        foreach (var partition in consumed.GroupBy(static entry => entry.Partition))
        {
            AssertIncreasing(partition.Select(static entry => entry.Number));
            Assert.Equal(Enumerable.Range(0, partition.Count()).Select(static i => (long)i), partition.Select(static entry => entry.Offset));
        }
    }

    [Fact]
    public async Task Acknowledged_records_of_a_plain_producer_survive_two_kills_in_order()
    {
        // One request in flight: without sequence numbers nothing else keeps the order of retries.
        var load = new BulkLoad(
            "plain", PartitionCount, 200_000, 100, NewSeed(), "enable.idempotence=false", "max.in.flight.requests.per.connection=1");

        var (acked, consumed) = await RunAsync(load);

        Assert.Equal(load.RecordCount, acked.Select(static entry => entry.Number).Distinct().Count());
        Assert.Empty(acked.Except(consumed));
        foreach (var partition in acked.GroupBy(static entry => entry.Partition))
        {
            AssertIncreasing(partition.OrderBy(static entry => entry.Number).Select(static entry => entry.Offset));
        }
    }

    private static async Task<(IReadOnlyList<AccountEntry> Acked, IReadOnlyList<AccountEntry> Consumed)> RunAsync(BulkLoad load)
    {
        await BulkClient.RequireAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {load.Seed}");
        await using var standalone = await StandaloneProcess.StartNewAsync();
        await using (var connection = await RawConnection.OpenAsync(standalone))
        {
            await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
        }

        using var client = new BulkClient();
        await using var producer = client.StartProducing(load, standalone.BootstrapServers);
        foreach (var third in new[] { 1, 2 })
        {
            await Deadline.UntilAsync(
                () => producer.HasExited || BulkClient.AckedSoFar(producer) >= third * load.RecordCount / 3,
                TimeSpan.FromMinutes(3),
                $"{third} of 3 parts are acknowledged",
                TestContext.Current.CancellationToken,
                () => $"{producer.Tail()}\n{standalone.Tail()}");
            Assert.False(producer.HasExited, $"the load was over before the kill, or failed:\n{producer.Tail()}");
            await standalone.Kill9Async();
            await standalone.RestartAsync();
        }

        var acked = await client.FinishProducingAsync(load, producer, standalone);
        return (acked, await client.ConsumeAsync(load, standalone.BootstrapServers));
    }

    private static void AssertIncreasing(IEnumerable<long> numbers)
    {
        var last = -1L;
        foreach (var number in numbers)
        {
            Assert.True(number > last, $"{number} comes after {last}");
            last = number;
        }
    }

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);

    private static int NewSeed() => Guid.NewGuid().GetHashCode() & int.MaxValue;
}
