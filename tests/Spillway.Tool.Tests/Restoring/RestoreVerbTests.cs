using System.Globalization;
using System.Text.Json;
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

namespace Spillway.Tool.Tests.Restoring;

/// <summary>A cluster in this process that is lost: what the command says of it is what a restore then does, and fsck finds nothing.</summary>
public sealed class RestoreVerbTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    private string ObjectFolder => Path.Combine(_folder.Path, "objects");

    private string MetadataFolder => Path.Combine(_folder.Path, "metadata");

    private string WalFolder => Path.Combine(_folder.Path, "wal");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_it_prints_is_what_to_start_with_and_fsck_finds_nothing_then()
    {
        await LoseAsync();

        var plan = await ToolRun.Of("restore", "--from", ObjectFolder, "--volume", $"wal={WalFolder}", "--json");
        Assert.Equal((ExitCode.Sound, ""), (plan.ExitCode, plan.Errors));
        Assert.Equal((1, 1), (plan.Json.GetProperty("topics").GetInt32(), plan.Json.GetProperty("partitions").GetInt32()));
        Assert.True(plan.Json.GetProperty("namedObjects").GetInt32() > 0);
        Assert.Equal(1, plan.Json.GetProperty("nextIncarnation").GetInt64());
        await StartAsync([.. Settings(plan.Json)]);
        var fsck = await CheckAsync();
        await StopAsync();
        var report = await ToolRun.Of("restore", "--from", ObjectFolder, "--report");

        Assert.Equal((ExitCode.Sound, 0), (FsckVerb.ExitCodeOf(fsck), fsck.Findings.Count));
        Assert.True(fsck.VerifiedEntryCount > 0);
        Assert.Equal(ExitCode.Sound, report.ExitCode);
        Assert.Contains(plan.Json.GetProperty("copy").GetString()!, report.Output, StringComparison.Ordinal);
        Assert.Contains("Spillway__Metadata__ConfirmedIncarnation=1", report.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_or_torn_is_told()
    {
        await LoseAsync();
        var newest = Copies().Last();
        await File.WriteAllTextAsync(Path.ChangeExtension(newest, ".snapshot"), "torn", Ct);

        var torn = await ToolRun.Of("restore", "--from", ObjectFolder, "--volume", $"wal={WalFolder}");
        foreach (var data in Directory.GetFiles(ObjectFolder, "*.obj", SearchOption.AllDirectories))
        {
            File.Delete(data);
        }

        var damaged = await ToolRun.Of("restore", "--from", ObjectFolder, "--volume", $"wal={WalFolder}");
        var unknown = await ToolRun.Of("restore", "--from", ObjectFolder, "--cluster", "00112233445566778899aabbccddeeff");

        Assert.Equal(ExitCode.Leftovers, torn.ExitCode);
        Assert.Contains("LEFT OUT", torn.Output, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileNameWithoutExtension(newest), torn.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Damaged, damaged.ExitCode);
        Assert.Contains("MISSING", damaged.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Damaged, unknown.ExitCode);
        Assert.Contains("NO COPY", unknown.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Unavailable, (await ToolRun.Of("restore", "--from", ObjectFolder, "--report")).ExitCode);
    }

    /// <summary>A cluster with records in objects and a copy that knows them; its metadata folder is gone.</summary>
    private async Task LoseAsync()
    {
        var port = await StartAsync("--Spillway:Metadata:SnapshotCopyInterval=00:00:01");
        var builder = new RecordBatchBuilder();
        builder.Append(1_700_000_000_000, null, new byte[1000]);
        using (var load = new ProduceLoad(port, "t", builder.Build(), inFlightMax: 1))
        {
            load.Run(20);
        }

        var containers = _app!.Services.GetRequiredService<IContainerService>();
        await Eventually.TrueAsync(
            () => KnownContainers.ReadAsync(containers, Ct).GetAwaiter().GetResult().All
                .Any(static c => c.Location.Kind == ContainerKind.Object && c.LiveEntries > 0),
            "an object",
            Ct,
            TimeSpan.FromMinutes(2));
        var copies = Copies().Count();

        // The first may have been begun before the object was there; the last may be torn by the test.
        await Eventually.TrueAsync(() => Copies().Count() >= copies + 3, "three copies more", Ct, TimeSpan.FromMinutes(2));
        await StopAsync();
        Directory.Delete(MetadataFolder, recursive: true);
    }

    private IEnumerable<string> Copies() => !Directory.Exists(Path.Combine(ObjectFolder, "meta"))
        ? []
        : Directory.GetFiles(Path.Combine(ObjectFolder, "meta"), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>As environment variables are spelt, so on a command line.</summary>
    private static IEnumerable<string> Settings(JsonElement plan) =>
        plan.GetProperty("settings").EnumerateArray().Select(static s => "--" + s.GetString()!.Replace("__", ":", StringComparison.Ordinal));

    private Task<FsckReport> CheckAsync() => new FsckRun(
        _app!.Services.GetRequiredService<IContainerService>(),
        _app.Services.GetRequiredService<IPartitionIndexService>(),
        _app.Services.GetRequiredService<IClusterImageService>(),
        new FolderObjectStore(ObjectFolder),
        new Dictionary<string, ISegmentVolume> { ["wal"] = new MountedVolume("wal", WalFolder) },
        new FsckSettings(Verify: true, TimeSpan.FromHours(1), DeleteUnknown: false)).RunAsync(Ct);

    private async Task<int> StartAsync(params string[] settings)
    {
        var port = FreePorts.TakeBase([0, 1]);
        var (options, error) = StandaloneArguments.Parse(
        [
            "--data", _folder.Path, "--port", Text(port), "--http-port", Text(port + 1),
            "--Spillway:WalWriter:RollInterval=00:00:00.2", "--Spillway:Metadata:DrainAge=00:00:00", .. settings,
        ]);
        Assert.Null(error);
        _app = StandaloneHost.Build(options!, TextWriter.Null);
        await _app.StartAsync(Ct);
        return port;
    }

    private async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
            _app = null;
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
