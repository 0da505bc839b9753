using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.Reading;

/// <summary>
/// A frontend whose mount never shows what another zone's writer wrote, not even to a file opened afresh: consumers get every record all
/// the same, from the writer.
/// </summary>
public sealed class StaleViewTests
{
    private const int FrontendOfZoneB = 205;

    [Fact]
    public async Task A_consumer_gets_what_was_written_although_its_frontend_never_sees_it_on_the_volume()
    {
        await BulkClient.RequireAsync();
        using var folder = new TemporaryFolder();
        var faults = Path.Combine(folder.Path, "frontend-b.faults");
        await File.WriteAllTextAsync(
            faults, """{"volume":"wal1","fault":"stale-page","fresh":true}""", TestContext.Current.CancellationToken);
        await using var cluster = new FiveProcessCluster();
        cluster.Settings["frontend-b"] = [$"Faults:ControlFile={faults}", "ProtocolFrontend:TailCacheBytesMax=0"];
        await cluster.InitializeAsync();
        var load = new BulkLoad("stale", 2, 400, 2_000, 3, "client.id=zone=a", "linger.ms=20");
        await using (var connection = await RawConnection.OpenAsync(cluster))
        {
            await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
        }

        using var client = new BulkClient();
        await using var producer = client.StartProducing(load, cluster.ZoneA);
        var acked = await client.FinishProducingAsync(load, producer, cluster);
        var consumed = await client.ConsumeAsync(load, cluster.ZoneB, "client.id=zone=b");

        Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
        Assert.InRange(await ReadAsync("spillway_wal_reads_total", "step=\"writer\""), 1, double.MaxValue);
        Assert.InRange(await ReadAsync("spillway_wal_read_failures_total", "reason=\"corrupt\""), 1, double.MaxValue);
        Assert.Equal(0, await ReadAsync("spillway_wal_read_unreadable_total"));

        Task<double> ReadAsync(string name, string label = "") =>
            Prometheus.ReadAsync(cluster.Port + FrontendOfZoneB, name, label);
    }

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);
}
