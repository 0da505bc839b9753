using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Spillway.Kafka.Records;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Standalone;
using Spillway.Standalone.CommandLine;
using Spillway.Standalone.Tests.Produce;
using Spillway.Storage.Objects;
using Spillway.Testing;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Spillway.Tool.CommandLine;
using Spillway.Tool.Fsck;
using Spillway.Tool.Fsck.Volumes;
using Xunit;

namespace Spillway.Tool.Tests.Fsck;

/// <summary>A cluster in this process, on a folder that is then damaged: sound, nothing is found; each damage is found, and nothing else is.</summary>
public sealed class FsckTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication _app = null!;
    private ProduceLoad _load = null!;

    private string ObjectFolder => Path.Combine(_folder.Path, "objects");

    private FolderObjectStore Store => new(ObjectFolder);

    private string WalFolder => Path.Combine(_folder.Path, "wal");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _load?.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_wrong_with_objects_is_found()
    {
        await StartAsync("00:00:00.2");
        _load.Run(20);
        await WaitForAnObjectAsync();
        var clean = await CheckAsync();

        var key = (await AllAsync()).First(c => c.Location.Kind == ContainerKind.Object && c.LiveEntries > 0).Location.Path;
        var path = Path.Combine(ObjectFolder, key);
        var bytes = await File.ReadAllBytesAsync(path, Ct);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Ct);
        var flipped = await CheckAsync();
        var notRead = await CheckAsync(verify: false);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes.AsMemory(0, bytes.Length - 1), Ct);
        var cut = await CheckAsync(verify: false);
        File.Delete(path);
        var gone = await CheckAsync(verify: false);

        Assert.Equal((ExitCode.Sound, ""), Summary(clean));
        Assert.True(clean.VerifiedEntryCount > 0 && clean.VerifiedEntryCount == clean.EntryCount && clean.ObjectCount > 0);
        Assert.Equal((ExitCode.Damaged, $"Wrong {key}"), Summary(flipped));
        Assert.Contains("have checksum", flipped.Findings[0].Reason, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Sound, ""), Summary(notRead));
        Assert.Equal((ExitCode.Damaged, $"Wrong {key}"), Summary(cut));
        Assert.Equal((ExitCode.Damaged, $"Missing {key}"), Summary(gone));
    }

    [Fact]
    public async Task What_is_wrong_with_a_segment_is_found()
    {
        await StartAsync("00:10:00");
        _load.Run(20);
        var clean = await CheckAsync();
        var segment = (await AllAsync()).First(c => c.Location.Kind == ContainerKind.WalSegment && c.LiveEntries > 0).Location;
        var path = Path.Combine(WalFolder, segment.Path);
        await FlipAsync(path, at: 4096 + 600);
        var flipped = await CheckAsync();
        File.Move(path, path + ".away");
        var gone = await CheckAsync(verify: false);
        var notMounted = await CheckAsync(volumes: []);

        Assert.Equal((ExitCode.Sound, ""), Summary(clean));
        Assert.True(clean.VerifiedEntryCount > 0);
        Assert.Equal((ExitCode.Damaged, $"Wrong {segment.Path}"), Summary(flipped));
        Assert.Equal((ExitCode.Damaged, $"Missing {segment.Path}"), Summary(gone));
        Assert.Equal(ExitCode.Unavailable, Summary(notMounted).ExitCode);
        Assert.Equal([segment.Volume], notMounted.UncheckedEntriesByVolume.Keys);
    }

    [Fact]
    public async Task What_is_wrong_with_a_segment_in_the_store_is_found()
    {
        await StartAsync("00:10:00", "--Spillway:WalWriter:Volumes:0:Name=keys", "--Spillway:WalWriter:Volumes:0:Kind=S3", "--Spillway:WalWriter:Volumes:0:Path=wal");
        _load.Run(20);
        Dictionary<string, ISegmentVolume> volumes = new() { ["keys"] = new StoreVolume("keys", "wal", Store) };
        var clean = await CheckAsync(volumes: volumes);
        var notNamed = await CheckAsync(volumes: []);
        var segment = (await AllAsync()).First(c => c.Location.Kind == ContainerKind.WalSegment && c.LiveEntries > 0).Location;
        var block = Path.Combine(ObjectFolder, "wal", segment.Path, "0000000001");
        await StrayAsync(Path.Combine(ObjectFolder, "wal", "stray.wal", "0000000001"), TimeSpan.FromHours(2));
        var stray = await CheckAsync(volumes: volumes);
        Directory.Delete(Path.Combine(ObjectFolder, "wal", "stray.wal"), recursive: true);
        await FlipAsync(block, at: 600);
        var flipped = await CheckAsync(volumes: volumes);
        File.Delete(block);
        var gone = await CheckAsync(verify: false, volumes: volumes);

        Assert.Equal((ExitCode.Sound, ""), Summary(clean));
        Assert.True(clean.VerifiedEntryCount > 0 && clean.VerifiedEntryCount == clean.EntryCount);
        Assert.Equal(ExitCode.Unavailable, Summary(notNamed).ExitCode);
        Assert.Equal((ExitCode.Leftovers, "Unknown keys:stray.wal"), Summary(stray));
        Assert.Equal((ExitCode.Damaged, $"Wrong {segment.Path}"), Summary(flipped));
        Assert.Equal((ExitCode.Damaged, $"Missing {segment.Path}"), Summary(gone));
    }

    [Fact]
    public async Task What_nothing_knows_is_told_and_only_what_is_ours_is_ever_deleted()
    {
        await StartAsync("00:00:00.2");
        _load.Run(20);
        await WaitForAnObjectAsync();
        var cluster = (await KnownContainers.ReadAsync(Containers, Ct)).ClusterId.ToString("n");
        string[] strays = ["stray.bin", $"zz/{cluster}/0000000000000001.obj", $"zz/{cluster}/7fffffffffffffff.obj", "zz/0123/0000000000000001.obj"];
        foreach (var stray in strays)
        {
            await StrayAsync(Path.Combine(ObjectFolder, stray), TimeSpan.FromHours(2));
        }

        await StrayAsync(Path.Combine(WalFolder, "stray.wal"), TimeSpan.FromHours(2));
        await StrayAsync(Path.Combine(ObjectFolder, $"meta/{cluster}/00000000/0000000000000001.snapshot"), TimeSpan.FromHours(2));
        var restored = Path.Combine(ObjectFolder, $"meta/{cluster}/00000001/restore");
        await StrayAsync(restored, TimeSpan.FromHours(2));
        var afterRestore = await CheckAsync(delete: true);
        File.Delete(restored);
        await StrayAsync(Path.Combine(ObjectFolder, "young.bin"), TimeSpan.FromMinutes(1));
        var told = await CheckAsync();
        var deleted = await CheckAsync(delete: true);

        Assert.Equal(
            (ExitCode.Leftovers, $"Unknown stray.bin, Unknown wal:stray.wal, {string.Join(", ", strays[1..].Order(StringComparer.Ordinal).Select(s => "Unknown " + s))}"),
            Summary(told));
        Assert.Contains("2 h old", told.Findings[0].Reason, StringComparison.Ordinal);
        Assert.Equal((0, 0, 1), (afterRestore.DeletedCount, told.DeletedCount, deleted.DeletedCount));
        Assert.True(told.YoungUnknownCount >= 1);
        Assert.False(File.Exists(Path.Combine(ObjectFolder, strays[1])));
        Assert.All(strays.Where(s => s != strays[1]), s => Assert.True(File.Exists(Path.Combine(ObjectFolder, s)), s));
        Assert.True(File.Exists(Path.Combine(WalFolder, "stray.wal")));
    }

    private IContainerService Containers => _app.Services.GetRequiredService<IContainerService>();

    private async Task<List<ContainerStatus>> AllAsync() => [.. (await KnownContainers.ReadAsync(Containers, Ct)).All];

    private Task WaitForAnObjectAsync() => Eventually.TrueAsync(
        () => AllAsync().GetAwaiter().GetResult().Any(c => c.Location.Kind == ContainerKind.Object && c.LiveEntries > 0), "an object", Ct);

    private Task<FsckReport> CheckAsync(bool verify = true, bool delete = false, Dictionary<string, ISegmentVolume>? volumes = null) =>
        new FsckRun(
            Containers,
            _app.Services.GetRequiredService<IPartitionIndexService>(),
            _app.Services.GetRequiredService<IClusterImageService>(),
            Store,
            volumes ?? new Dictionary<string, ISegmentVolume> { ["wal"] = new MountedVolume("wal", WalFolder) },
            new FsckSettings(verify, TimeSpan.FromHours(1), delete)).RunAsync(Ct);

    /// <summary>The exit code, and each thing once: several entries may name one object.</summary>
    private static (int ExitCode, string Findings) Summary(FsckReport report) => (
        FsckVerb.ExitCodeOf(report),
        string.Join(", ", report.Findings.Select(f => $"{f.Kind} {f.Place}").Distinct().Order(StringComparer.Ordinal)));

    private static async Task StrayAsync(string path, TimeSpan age)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "stray", Ct);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
    }

    private static async Task FlipAsync(string path, int at)
    {
        await using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 1));
    }

    private async Task StartAsync(string rollInterval, params string[] volume)
    {
        var port = FreePorts.TakeBase([0, 1]);
        var (options, _) = StandaloneArguments.Parse(
        [
            "--data", _folder.Path, "--port", Text(port), "--http-port", Text(port + 1),
            $"--Spillway:WalWriter:RollInterval={rollInterval}", "--Spillway:Metadata:DrainAge=00:00:00",
            .. volume,
        ]);
        _app = StandaloneHost.Build(options!, TextWriter.Null);
        await _app.StartAsync(Ct);
        var builder = new RecordBatchBuilder();
        builder.Append(1_700_000_000_000, null, new byte[1000]);
        _load = new ProduceLoad(port, "t", builder.Build(), inFlightMax: 1);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
