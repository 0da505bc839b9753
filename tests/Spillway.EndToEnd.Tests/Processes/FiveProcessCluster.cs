using System.Globalization;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>
/// The five services as processes in two zones: one metadata node or three, one zone-router, two writers, two frontends, one compactor,
/// over one WAL folder. Started and stopped by the script that people use.
/// </summary>
public sealed class FiveProcessCluster : IKafkaCluster, IAsyncLifetime
{
    private const int RpcDistance = 100;

    private static readonly int[] PortDistances =
    [
        0, 1, 2, RpcDistance, 101, 102, 103, 104, 111, 112, 120, 121, 122, 123, 124, 125, 126, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212,
    ];

    private readonly TemporaryFolder _folder = new();

    /// <summary>Metadata nodes, 1 or 3. Default 1.</summary>
    public int MetadataNodes { get; init; } = 1;

    /// <summary>The zones, each with a writer and a frontend: "a b", the default, or "a b c".</summary>
    public string Zones { get; init; } = "a b";

    /// <summary>Those with a compactor. Default "a".</summary>
    public string CompactorZones { get; init; } = "a";

    /// <summary>What is said to one process alone, by its name (<c>frontend-b</c>): settings without their <c>Spillway:</c>.</summary>
    public Dictionary<string, string[]> Settings { get; init; } = [];

    /// <summary>The port of zone a's frontend; the script says how far from it the others are.</summary>
    public int Port { get; } = FreePorts.TakeBase(PortDistances);

    public string BootstrapServers => $"127.0.0.1:{Port},127.0.0.1:{Port + 1}";

    /// <summary>The frontend of zone a alone.</summary>
    public string ZoneA => $"127.0.0.1:{Port}";

    /// <summary>The frontend of zone b alone.</summary>
    public string ZoneB => $"127.0.0.1:{Port + 1}";

    /// <summary>The frontend of zone c alone, where there is one.</summary>
    public string ZoneC => $"127.0.0.1:{Port + 2}";

    public string Folder => _folder.Path;

    /// <summary>The RPC of metadata node 1, 2 or 3.</summary>
    public Uri MetadataAddress(int node) => new($"http://127.0.0.1:{Port + (node == 1 ? RpcDistance : 109 + node)}");

    /// <summary>The port of a process's health and metrics, as the script wrote it down.</summary>
    public int HealthPort(string name) =>
        int.Parse(File.ReadAllText(Path.Combine(_folder.Path, "run", $"{name}.port")), CultureInfo.InvariantCulture);

    /// <summary>The same of every process.</summary>
    public IEnumerable<int> HealthPorts => Directory.GetFiles(Path.Combine(_folder.Path, "run"), "*.port")
        .Select(path => HealthPort(Path.GetFileNameWithoutExtension(path)));

    /// <summary>A port of this cluster that none of its processes has, 0 to 3.</summary>
    public int SparePort(int number) => Port + 123 + number;

    /// <summary>What the script calls metadata node 1, 2 or 3.</summary>
    public static string MetadataName(int node) => node == 1 ? "metadata" : $"metadata-{node}";

    public async ValueTask InitializeAsync() => await RunScriptAsync("up", TimeSpan.FromMinutes(2));

    public string Tail()
    {
        var logs = Path.Combine(_folder.Path, "log");
        return !Directory.Exists(logs) ? "no logs" : string.Join('\n', Directory.GetFiles(logs).Order().Select(static log =>
            $"-- {Path.GetFileName(log)}\n{string.Join('\n', File.ReadLines(log).TakeLast(15))}"));
    }

    /// <summary>How many lines of all processes' logs hold this.</summary>
    public int CountLines(string text) => Directory.GetFiles(Path.Combine(_folder.Path, "log"))
        .Sum(log => File.ReadLines(log).Count(line => line.Contains(text, StringComparison.Ordinal)));

    public async ValueTask DisposeAsync()
    {
        await RunScriptAsync("down", TimeSpan.FromMinutes(1));
        _folder.Dispose();
    }

    private async Task RunScriptAsync(string script, TimeSpan time)
    {
        var environment = new Dictionary<string, string>
        {
            ["SPILLWAY_LOCAL_DIR"] = _folder.Path,
            ["SPILLWAY_LOCAL_PORT"] = Port.ToString(CultureInfo.InvariantCulture),
            ["SPILLWAY_LOCAL_BUILD"] = "0",
            ["SPILLWAY_LOCAL_BIN"] = BuiltServices.Folder,
            ["SPILLWAY_LOCAL_CONFIGURATION"] = BuiltServices.Configuration,
            ["SPILLWAY_LOCAL_ZONES"] = Zones,
            ["SPILLWAY_LOCAL_COMPACTORS"] = CompactorZones,
            ["SPILLWAY_LOCAL_METADATA"] = MetadataNodes.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, settings) in Settings)
        {
            environment[$"SPILLWAY_LOCAL_SETTINGS_{name.Replace('-', '_')}"] = string.Join(' ', settings);
        }

        await using var run = ChildProcess.Start(
            "bash", [Path.Combine(BuiltServices.Repository, "tools", "local", script)], environment);
        var exitCode = await run.WaitForExitAsync(time, CancellationToken.None);
        Assert.True(exitCode == 0, $"tools/local/{script} ended with {exitCode}:\n{run.Tail()}\n{Tail()}");
    }
}
