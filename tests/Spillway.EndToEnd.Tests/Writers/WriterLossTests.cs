using Spillway.EndToEnd.Tests.MetadataNodes;
using Spillway.Testing;
using Xunit;

namespace Spillway.EndToEnd.Tests.Writers;

/// <summary>
/// Writers die and stop under a stock producer with five requests in flight, and the connections they owed answers close: the client goes on
/// by itself, and what it sent first is stored first, without sequences too.
/// </summary>
public sealed class WriterLossTests
{
    private const int RoundCount = 3;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    // As long as that librdkafka, refused again and again, would wait for 10 s at the end of it.
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(14);

    [Theory]
    [InlineData("-KILL")]
    [InlineData("-TERM")]
    public async Task A_plain_producer_with_five_in_flight_keeps_its_order(string signal)
    {
        await using var cluster = await LeaderTests.StartAsync("plain", metadataNodes: 1);
        await using var writers = new LocalWriterProcesses(cluster);
        await using var producer = await SteadyProducer.StartAsync(
            cluster, "plain", recordsPerSecond: 1000, "enable.idempotence=false", "max.in.flight.requests.per.connection=5");
        var ends = new List<DateTime>();
        for (var round = 0; round < RoundCount; round++)
        {
            var zone = round % 2 == 0 ? "a" : "b";
            var registrations = writers.CountRegistrations(zone);
            ends.Add(LeaderTests.Now());
            var command = await writers.EndAsync(zone, signal);
            writers.Start(zone, command);
            await producer.GoesOnAsync(2000);
            await writers.UntilRegisteredAsync(zone, registrations);
        }

        var times = await producer.FinishPlainAsync();

        var gaps = ends.ConvertAll(end => SteadyProducer.LongestGap(times, end, Window));
        LeaderTests.Tell($"gap after {signal}", gaps);
        Assert.InRange(gaps.Order().ElementAt(gaps.Count / 2), TimeSpan.Zero, QuietMachine.Bound(TimeSpan.FromSeconds(3)));
    }

    /// <summary>
    /// Without a writer produces wait in the frontend. Were they refused, the client would come again and again, wait longer each time before it
    /// connects, and miss a writer's return by seconds.
    /// </summary>
    [Fact]
    public async Task Where_there_is_no_writer_a_producer_goes_on_as_soon_as_one_is_back()
    {
        string[] ownZoneOnly = ["ProtocolFrontend:AllowOtherZoneWriter=false"];
        await using var cluster = await LeaderTests.StartAsync(
            "alone", metadataNodes: 1, settings: new() { ["frontend-a"] = ownZoneOnly, ["frontend-b"] = ownZoneOnly });
        await using var writers = new LocalWriterProcesses(cluster);
        await using var producer = await SteadyProducer.StartAsync(cluster, "alone");

        var (a, b) = (await writers.EndAsync("a", "-KILL"), await writers.EndAsync("b", "-KILL"));
        await Task.Delay(Outage, TestContext.Current.CancellationToken);
        var registrations = writers.CountRegistrations("a");
        writers.Start("b", b);
        writers.Start("a", a);
        await writers.UntilRegisteredAsync("a", registrations);
        var back = LeaderTests.Now();
        await producer.GoesOnAsync(5000);

        var times = await producer.FinishAsync();
        var gap = SteadyProducer.LongestGap(times, back, Window);
        LeaderTests.Tell("gap from the start of the writers", [gap]);
        Assert.InRange(gap, TimeSpan.Zero, QuietMachine.Bound(TimeSpan.FromSeconds(6)));
    }
}
