using System.Globalization;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>
/// The five services as processes in two zones: one metadata node, one zone-router, two writers, two frontends, one compactor, over one
/// WAL folder. Started and stopped by the script that people use.
/// </summary>
public sealed class FiveProcessCluster : IKafkaCluster, IAsyncLifetime
{
    private static readonly int[] PortDistances = [0, 1, 100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206];

    private readonly TemporaryFolder _folder = new();

    /// <summary>What is said to one process alone, by its name (<c>frontend-b</c>): settings without their <c>Spillway:</c>.</summary>
    public Dictionary<string, string[]> Settings { get; } = [];

    /// <summary>The port of zone a's frontend; the script says how far from it the others are.</summary>
    public int Port { get; } = FreePorts.TakeBase(PortDistances);

    public string BootstrapServers => $"127.0.0.1:{Port},127.0.0.1:{Port + 1}";

    /// <summary>The frontend of zone a alone.</summary>
    public string ZoneA => $"127.0.0.1:{Port}";

    /// <summary>The frontend of zone b alone.</summary>
    public string ZoneB => $"127.0.0.1:{Port + 1}";

    public string Folder => _folder.Path;

    public async ValueTask InitializeAsync() => await RunScriptAsync("up", TimeSpan.FromMinutes(2));

    public string Tail()
    {
        var logs = Path.Combine(_folder.Path, "log");
        return !Directory.Exists(logs) ? "no logs" : string.Join('\n', Directory.GetFiles(logs).Order().Select(static log =>
            $"-- {Path.GetFileName(log)}\n{string.Join('\n', File.ReadLines(log).TakeLast(15))}"));
    }

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
