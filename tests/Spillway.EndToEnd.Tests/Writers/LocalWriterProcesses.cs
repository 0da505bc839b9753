using System.Globalization;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Writers;

/// <summary>The writers of a cluster that the script has started: their ends and beginnings. What begins here the script stops in the end.</summary>
internal sealed class LocalWriterProcesses(FiveProcessCluster cluster) : IAsyncDisposable
{
    private readonly List<ChildProcess> _started = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Ends a zone's writer by a signal and says how it was started.</summary>
    public async Task<string[]> EndAsync(string zone, string signal)
    {
        var process = File.ReadAllText(PidFile(zone)).Trim();
        var command = File.ReadAllText($"/proc/{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        await using var kill = ChildProcess.Start("kill", [signal, process]);
        Assert.Equal(0, await kill.WaitForExitAsync(TimeSpan.FromSeconds(10), Token));
        await Deadline.UntilAsync(() => !IsAlive(process), TimeSpan.FromSeconds(40), "it ends", Token, cluster.Tail);
        return command;
    }

    /// <summary>Starts it again as it was started before.</summary>
    public void Start(string zone, string[] command)
    {
        const string Script = "cd \"$1\" && echo $$ >\"$2\" && log=$3 && shift 3 && exec \"$@\" >>\"$log\" 2>&1";
        _started.Add(ChildProcess.Start(
            "bash", ["-c", Script, "bash", cluster.Folder, PidFile(zone), Path.Combine(cluster.Folder, "log", $"writer-{zone}.log"), .. command]));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            await process.DisposeAsync();
        }
    }

    private static bool IsAlive(string process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private string PidFile(string zone) => Path.Combine(cluster.Folder, "run", string.Create(CultureInfo.InvariantCulture, $"writer-{zone}.pid"));
}
