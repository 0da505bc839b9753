using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.Draining;

/// <summary>
/// The object store is away for longer than the WAL may grow: produce goes on until the volume's budget is used, waits, is refused retriably
/// when it has waited for the time appends have, and goes on by itself when the store is back. Ten minutes of it are the same with a larger
/// budget: only the bytes of it are in proportion.
/// </summary>
public sealed class StoreAwayTests : IAsyncDisposable
{
    private const long SegmentBytes = 2 << 20;
    private const long BudgetBytes = 8 * SegmentBytes;

    private readonly TemporaryFolder _wal = new();
    private readonly TemporaryFolder _store = new();
    private readonly StandaloneProcess _standalone;

    public StoreAwayTests()
    {
        // A link that leads nowhere while the store is away: nothing can be put there, and the folder comes and goes at once.
        Directory.CreateDirectory(There);
        Directory.CreateSymbolicLink(Link, There);
        _standalone = new StandaloneProcess(
        [
            $"--Spillway:WalWriter:SegmentBytes={SegmentBytes}",
            "--Spillway:WalWriter:RollInterval=00:00:02",
            "--Spillway:WalWriter:AppendTimeout=00:00:05",
            $"--Spillway:WalWriter:Volumes:0:BytesMax={BudgetBytes}",
            "--Spillway:Metadata:ReadGrace=00:00:01",
            "--Spillway:Metadata:DrainAge=00:00:01",
            "--Spillway:Metadata:JobFailureBackoff=00:00:00.500",
            "--Spillway:S3Compactor:PollInterval=00:00:00.200",
            $"--Spillway:ObjectStore:Folder={Link}",
            .. new[] { "WalWriter", "S3Compactor", "ProtocolFrontend" }.SelectMany(service => new[]
            {
                $"--Spillway:{service}:Volumes:0:Name=wal",
                $"--Spillway:{service}:Volumes:0:Path={_wal.Path}",
            }),
        ]);
    }

    private string There => Path.Combine(_store.Path, "there");

    private string Away => Path.Combine(_store.Path, "away");

    private string Link => Path.Combine(_store.Path, "store");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Produce_goes_on_until_the_wal_has_its_budget_waits_and_goes_on_when_the_store_is_back()
    {
        await BulkClient.RequireAsync();
        // Twice and a half what the WAL may hold.
        var load = new BulkLoad(
            "away", 4, 40_000, 1000, Guid.NewGuid().GetHashCode() & int.MaxValue, "enable.idempotence=true", "batch.size=100000");
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {load.Seed}");
        await _standalone.StartAsync();
        await using (var connection = await RawConnection.OpenAsync(_standalone))
        {
            await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
        }

        Directory.Move(There, Away);
        using var client = new BulkClient();
        await using var producer = client.StartProducing(load, _standalone.BootstrapServers);

        await UntilAsync(() => IsAtLeastAsync("spillway_wal_volume_full", 1), "the volume's budget is used");
        await UntilAsync(() => IsAtLeastAsync("spillway_wal_appends_refused_total", 1), "what waited for long is refused");
        Assert.False(producer.HasExited, producer.Tail());
        Assert.True(BulkClient.AckedSoFar(producer) < load.RecordCount);
        Assert.InRange(await _standalone.ReadMetricAsync("spillway_frontend_produced_bytes_total"), SegmentBytes, BudgetBytes);
        // What was made while the volume was measured counts twice until it is measured again.
        await UntilAsync(
            async () => await _standalone.ReadMetricAsync("spillway_wal_volume_used_bytes") is > BudgetBytes - SegmentBytes and <= BudgetBytes,
            "the volume holds what it may");
        await UntilAsync(() => IsAtLeastAsync("spillway_metadata_drain_oldest_milliseconds", 3000), "the age of what waits grows");

        Directory.Move(Away, There);
        var acked = await client.FinishProducingAsync(load, producer, _standalone);
        await UntilAsync(
            async () => await _standalone.ReadMetricAsync("spillway_wal_volume_full") == 0
                && await _standalone.ReadMetricAsync("spillway_metadata_drain_oldest_milliseconds") == 0,
            "all is drained");
        var consumed = await client.ConsumeAsync(load, _standalone.BootstrapServers);

        Assert.Equal(load.RecordCount, consumed.Count);
        Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
        foreach (var partition in consumed.GroupBy(static entry => entry.Partition))
        {
            Assert.Equal(partition.OrderBy(static entry => entry.Number), partition);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _standalone.DisposeAsync();
        _wal.Dispose();
        _store.Dispose();
    }

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);

    private async Task<bool> IsAtLeastAsync(string metric, double value) => await _standalone.ReadMetricAsync(metric) >= value;

    private Task UntilAsync(Func<Task<bool>> condition, string what) =>
        Deadline.UntilAsync(condition, TimeSpan.FromMinutes(2), what, Token, _standalone.Tail);
}
