using Spillway.EndToEnd.Tests.Bulk;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Restoring;

/// <summary>A process whose metadata folder is lost begins again from what its object store holds, and clients find their records.</summary>
public sealed class RestoreTests
{
    private const int Partitions = 3;

    private static readonly string[] Settings =
    [
        "--Spillway:WalWriter:RollInterval=00:00:01",
        "--Spillway:Metadata:ReadGrace=00:00:01",
        "--Spillway:Metadata:SnapshotCopyInterval=00:00:01",
        "--Spillway:Metadata:SnapshotCopiesKept=1000",
        "--Spillway:S3Compactor:PollInterval=00:00:00.200",
    ];

    [Fact]
    public async Task Metadata_and_wal_are_lost_and_all_that_objects_hold_comes_back()
    {
        await BulkClient.RequireAsync();
        await using var standalone = await StandaloneProcess.StartNewAsync([.. Settings, "--Spillway:Metadata:DrainAge=00:00:01"]);
        var known = await ProduceAsync(standalone, seed: 1, create: true);
        await UntilDrainedAsync(standalone);
        var copies = await UntilCopiedAsync(standalone);
        var later = await ProduceAsync(standalone, seed: 2);
        await UntilDrainedAsync(standalone);
        await standalone.Kill9Async();
        foreach (var newer in Copies(standalone).Where(copy => string.CompareOrdinal(copy, copies[^1]) > 0))
        {
            Tear(newer);
        }

        Directory.Delete(Path.Combine(standalone.DataFolder, "metadata"), recursive: true);
        Directory.Delete(standalone.WalFolder, recursive: true);
        await standalone.RestartAsync([.. Settings, $"--Spillway:Metadata:RestoreFrom={ClusterOf(copies[0])}"]);

        AssertEqual([.. known, .. later], await ConsumeAsync(standalone));
        var next = await ProduceAsync(standalone, seed: 3);
        Assert.All(next, static entry => Assert.True(entry.Offset > 1 << 29));
        await standalone.StopAsync();
        await standalone.RestartAsync([.. Settings, "--Spillway:Metadata:ConfirmedIncarnation=1", "--Spillway:Metadata:DrainAge=00:00:01"]);
        await UntilDrainedAsync(standalone);
        AssertEqual([.. known, .. later, .. next], await ConsumeAsync(standalone));
    }

    [Fact]
    public async Task Metadata_is_lost_and_the_wal_is_not()
    {
        await BulkClient.RequireAsync();
        await using var standalone = await StandaloneProcess.StartNewAsync([.. Settings, "--Spillway:Metadata:DrainAge=1.00:00:00"]);
        var inWal = await ProduceAsync(standalone, seed: 1, create: true);
        var copies = await UntilCopiedAsync(standalone);
        await standalone.Kill9Async();

        Directory.Delete(Path.Combine(standalone.DataFolder, "metadata"), recursive: true);
        await standalone.RestartAsync(
        [
            .. Settings,
            $"--Spillway:Metadata:RestoreFrom={ClusterOf(copies[0])}",
            "--Spillway:Metadata:RestoreVolumes:0:Name=wal",
            $"--Spillway:Metadata:RestoreVolumes:0:Path={standalone.WalFolder}",
            "--Spillway:Metadata:DrainAge=00:00:01",
        ]);

        await UntilDrainedAsync(standalone, inWal.Count * 1_000L);
        AssertEqual(inWal, await ConsumeAsync(standalone));
    }

    [Fact]
    public async Task Without_a_copy_the_start_is_refused_and_says_why()
    {
        await using var standalone = new StandaloneProcess("--Spillway:Metadata:RestoreFrom=00112233445566778899aabbccddeeff");

        var (exitCode, errors) = await standalone.RunToEndAsync();

        Assert.NotEqual(0, exitCode);
        Assert.Contains(errors, static line => line.Contains("is not restored", StringComparison.Ordinal));
    }

    private static BulkLoad Load(int seed) => new("restored", Partitions, 3_000, 1_000, seed, "enable.idempotence=true");

    private static async Task<IReadOnlyList<AccountEntry>> ProduceAsync(StandaloneProcess standalone, int seed, bool create = false)
    {
        if (create)
        {
            await using var connection = await RawConnection.OpenAsync(standalone);
            await connection.CreateTopicAsync(Load(seed).Topic, Partitions);
        }

        using var client = new BulkClient();
        await using var producer = client.StartProducing(Load(seed), standalone.BootstrapServers);
        return await client.FinishProducingAsync(Load(seed), producer, standalone);
    }

    private static async Task<IReadOnlyList<AccountEntry>> ConsumeAsync(StandaloneProcess standalone)
    {
        using var client = new BulkClient();
        return await client.ConsumeAsync(Load(0), standalone.BootstrapServers);
    }

    private static Task UntilDrainedAsync(StandaloneProcess standalone, long leastBytes = 1) => Deadline.UntilAsync(
        async () => await standalone.ReadMetricAsync("spillway_compactor_drained_bytes_total")
            >= Math.Max(leastBytes, await standalone.ReadMetricAsync("spillway_frontend_produced_bytes_total")),
        TimeSpan.FromMinutes(2),
        "all is drained",
        TestContext.Current.CancellationToken,
        standalone.Tail);

    /// <summary>Until a copy was begun and stored after this call: the second one from here.</summary>
    private static async Task<string[]> UntilCopiedAsync(StandaloneProcess standalone)
    {
        var before = Copies(standalone).Length;
        await Deadline.UntilAsync(
            () => Copies(standalone).Length >= before + 2,
            TimeSpan.FromMinutes(2),
            "the state is copied twice",
            TestContext.Current.CancellationToken,
            standalone.Tail);
        return Copies(standalone);
    }

    /// <summary>Those with a manifest, in the order they were taken.</summary>
    private static string[] Copies(StandaloneProcess standalone)
    {
        var folder = Path.Combine(standalone.ObjectsFolder, "meta");
        return !Directory.Exists(folder) ? [] : [.. Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    private static string ClusterOf(string copy) => Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(copy)))!;

    private static void Tear(string manifest)
    {
        using var content = File.OpenWrite(Path.ChangeExtension(manifest, ".snapshot"));
        content.SetLength(content.Length / 2);
    }

    private static void AssertEqual(IReadOnlyList<AccountEntry> expected, IReadOnlyList<AccountEntry> actual) =>
        Assert.Equal(expected.OrderBy(Place), actual.OrderBy(Place));

    private static (int, long) Place(AccountEntry entry) => (entry.Partition, entry.Offset);
}
