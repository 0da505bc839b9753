using System.Globalization;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>
/// Pipelined produces to several partitions while streams break, writers are away and requests take too long, by fresh seeds;
/// SPILLWAY_PRODUCE_SEEDS=first..last runs those.
/// </summary>
public sealed class ProduceStormTests
{
    private const int PartitionCount = 4;
    private const int NumbersMax = 150;
    private const int SeedCount = 20;

    [Fact]
    public async Task What_a_connection_sent_first_is_stored_and_acknowledged_first_whatever_fails()
    {
        var (reconnects, failedBehind) = (0, 0);
        var seeds = Seeds();
        foreach (var seed in seeds)
        {
            var (reconnectCount, failedBehindCount) = await RunAsync(seed);
            reconnects += reconnectCount;
            failedBehind += failedBehindCount;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{reconnects} connections closed, {failedBehind} appends failed behind another");
        Assert.True(reconnects > seeds.Count && failedBehind > seeds.Count, "The faults did not bite.");
    }

    private static List<int> Seeds()
    {
        if (Environment.GetEnvironmentVariable("SPILLWAY_PRODUCE_SEEDS")?.Split("..") is [var first, var last])
        {
            return [.. Enumerable.Range(Parse(first), Parse(last) - Parse(first) + 1)];
        }

        return [.. Enumerable.Range(Guid.NewGuid().GetHashCode() & 0xffffff, SeedCount)];

        static int Parse(string number) => int.Parse(number, CultureInfo.InvariantCulture);
    }

    private static async Task<(int Reconnects, int FailedBehind)> RunAsync(int seed)
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        var writers = new UnreliableWriters(random);
        await using var produce = new ProduceTestContext(time, writers);
        var client = new PipeliningClient(produce, random, PartitionCount, NumbersMax);
        var started = TimeProvider.System.GetTimestamp();
        while (!client.IsDone)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"seed {seed}: not done, {client.Acked.Count} acked");
            await client.StepAsync();
            if (random.Next(4) == 0)
            {
                writers.Step();
            }

            writers.HasWriter ^= random.Next(100) == 0;
            time.Advance(random.Next(500) == 0 ? TimeSpan.FromSeconds(21) : TimeSpan.FromMilliseconds(10));
            produce.CheckTimeouts();
            await Task.Yield();
        }

        foreach (var partition in Enumerable.Range(0, PartitionCount))
        {
            var log = writers.Logs[20 + partition];
            Assert.Equal(Enumerable.Range(0, NumbersMax), log.Distinct());
            var acked = Enumerable.Range(0, NumbersMax).Select(number => client.Acked[(partition, number)]).ToList();
            Assert.Equal(Enumerable.Range(0, NumbersMax), acked.Select(offset => log[(int)offset]));
            Assert.Equal(acked.Order(), acked);
        }

        return (client.ReconnectCount, writers.FailedBehindCount);
    }
}
