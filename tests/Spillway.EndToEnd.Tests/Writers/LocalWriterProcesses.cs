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
        Assert.Equal(0, await kill.WaitForExitAsync(TimeSpan.FromMinutes(1), Token));
        await Deadline.UntilAsync(() => !IsAlive(process), TimeSpan.FromSeconds(40), "it ends", Token, cluster.Tail);
        return command;
    }

    /// <summary>Starts it again as it was started before.</summary>
    public void Start(string zone, string[] command)
    {
        const string Script = "cd \"$1\" && echo $$ >\"$2\" && log=$3 && shift 3 && exec \"$@\" >>\"$log\" 2>&1";
        _started.Add(ChildProcess.Start(
            "bash", ["-c", Script, "bash", cluster.Folder, PidFile(zone), LogFile(zone), .. command]));
    }

    /// <summary>How often the zone's writer has registered since the cluster began.</summary>
    public int CountRegistrations(string zone)
    {
        using var log = new StreamReader(new FileStream(LogFile(zone), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return log.ReadToEnd().Split("is registered as").Length - 1;
    }

    /// <summary>Waits until the zone's writer has registered once more than that: what a busy machine takes to start a process is over.</summary>
    public Task UntilRegisteredAsync(string zone, int count) => Deadline.UntilAsync(
        () => CountRegistrations(zone) > count, TimeSpan.FromMinutes(2), $"the writer of zone {zone} is back", Token, cluster.Tail);

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

    private string LogFile(string zone) => Path.Combine(cluster.Folder, "log", $"writer-{zone}.log");

    private string PidFile(string zone) => Path.Combine(cluster.Folder, "run", string.Create(CultureInfo.InvariantCulture, $"writer-{zone}.pid"));
}
