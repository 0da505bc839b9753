using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>Stock clients against the five services in processes of their own, in two zones.</summary>
[Collection<FiveProcesses>]
public sealed class FiveProcessClientTests(FiveProcessFixture fixture) : StockClientTests(fixture)
{
    private const int WriterHealth = 202;

    private readonly FiveProcessCluster _cluster = fixture.Cluster;

    [Fact]
    public async Task What_both_zones_produce_is_read_in_the_other_and_each_has_its_own_writer()
    {
        await BulkClient.RequireAsync();
        var loads = new Dictionary<string, BulkLoad>
        {
            ["a"] = new("of-zone-a", 4, 5_000, 500, 1, "client.id=zone=a"),
            ["b"] = new("of-zone-b", 4, 5_000, 500, 2, "client.id=zone=b"),
        };
        foreach (var (zone, load) in loads)
        {
            var here = zone == "a" ? _cluster.ZoneA : _cluster.ZoneB;
            var there = zone == "a" ? _cluster.ZoneB : _cluster.ZoneA;
            await using (var connection = await RawConnection.OpenAsync(_cluster))
            {
                await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
            }

            var writtenBefore = await AppendedAsync(zone);
            using var client = new BulkClient();
            await using var producer = client.StartProducing(load, here);
            var acked = await client.FinishProducingAsync(load, producer, _cluster);
            var consumed = await client.ConsumeAsync(load, there, "client.id=zone=" + (zone == "a" ? "b" : "a"));

            Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
            Assert.InRange(await AppendedAsync(zone) - writtenBefore, load.RecordCount * load.ValueBytes, double.MaxValue);
        }
    }

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);

    private Task<double> AppendedAsync(string zone) =>
        Prometheus.ReadAsync(_cluster.Port + WriterHealth + (zone == "a" ? 0 : 1), "spillway_wal_appended_bytes_total");
}
