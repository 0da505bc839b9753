using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.Volumes;

/// <summary>
/// A WAL volume is added, then the first one taken away, each by a restart with another configuration, while a producer produces that knows
/// nothing of it. The volume that goes is empty in the end, and everything acknowledged is there once and in order.
/// </summary>
public sealed class VolumeChangeTests
{
    private static readonly string[] Services = ["WalWriter", "S3Compactor", "ProtocolFrontend"];

    [Fact]
    public async Task A_volume_is_added_and_one_drained_under_load()
    {
        await BulkClient.RequireAsync();
        var load = new BulkLoad(
            "volumes", 4, 300_000, 500, Guid.NewGuid().GetHashCode() & int.MaxValue, "enable.idempotence=true");
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {load.Seed}");
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartNewAsync(Arguments((first, "Active")));
        await using (var connection = await RawConnection.OpenAsync(standalone))
        {
            await connection.CreateTopicAsync(load.Topic, load.PartitionCount);
        }

        using var client = new BulkClient();
        await using var producer = client.StartProducing(load, standalone.BootstrapServers);
        await UntilAckedAsync(1);
        await RestartAsync((first, "Active"), (second, "Active"));
        await UntilAckedAsync(2);
        await RestartAsync((first, "Draining"), (second, "Active"));
        var acked = await client.FinishProducingAsync(load, producer, standalone);

        await Deadline.UntilAsync(
            () => Files(first).Count == 0,
            TimeSpan.FromMinutes(2),
            "nothing is left on the volume that goes",
            TestContext.Current.CancellationToken,
            () => $"{string.Join(", ", Files(first))}\n{standalone.Tail()}");
        Assert.NotEmpty(Files(second));
        await RestartAsync((second, "Active"));
        var consumed = await client.ConsumeAsync(load, standalone.BootstrapServers);

        Assert.Equal(load.RecordCount, consumed.Count);
        Assert.Equal(acked.OrderBy(Place), consumed.OrderBy(Place));
        foreach (var partition in consumed.GroupBy(static entry => entry.Partition))
        {
            Assert.Equal(partition.OrderBy(static entry => entry.Number), partition);
        }

        async Task UntilAckedAsync(int third)
        {
            await Deadline.UntilAsync(
                () => producer.HasExited || BulkClient.AckedSoFar(producer) >= third * load.RecordCount / 3,
                TimeSpan.FromMinutes(3),
                $"{third} of 3 parts are acknowledged",
                TestContext.Current.CancellationToken,
                () => $"{producer.Tail()}\n{standalone.Tail()}");
            Assert.False(producer.HasExited, $"the load was over before the change, or failed:\n{producer.Tail()}");
        }

        async Task RestartAsync(params (TemporaryFolder Folder, string State)[] volumes)
        {
            await standalone.StopAsync();
            await standalone.RestartAsync(Arguments(volumes));
        }
    }

    private static List<string> Files(TemporaryFolder folder) => [.. Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories)];

    private static string[] Arguments(params (TemporaryFolder Folder, string State)[] volumes) =>
    [
        "--Spillway:WalWriter:SegmentBytes=4194304",
        "--Spillway:WalWriter:RollInterval=00:00:02",
        "--Spillway:Metadata:ReadGrace=00:00:02",
        "--Spillway:Metadata:DrainAge=00:00:01",
        "--Spillway:S3Compactor:PollInterval=00:00:00.200",
        .. volumes.Select((volume, i) => $"--Spillway:WalWriter:Volumes:{i}:State={volume.State}"),
        .. Services.SelectMany(service => volumes.SelectMany((volume, i) => new[]
        {
            // By its folder, so that a volume keeps its name whatever its place in the list.
            $"--Spillway:{service}:Volumes:{i}:Name={Path.GetFileName(volume.Folder.Path)}",
            $"--Spillway:{service}:Volumes:{i}:Path={volume.Folder.Path}",
        })),
    ];

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);
}
