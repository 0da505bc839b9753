using System.Globalization;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.MetadataNodes;

/// <summary>
/// The metadata nodes of a cluster that the script has started: who leads, and their ends and beginnings. A node that is started
/// again here is one that the script stops in the end.
/// </summary>
internal sealed class MetadataNodes(FiveProcessCluster cluster) : IAsyncDisposable
{
    private readonly Dictionary<int, string[]> _commands = [];
    private readonly List<ChildProcess> _started = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static string ServiceAssembly => BuiltServices.Assembly("Spillway.Metadata");

    /// <summary>The node that leads by its own word, once there is one.</summary>
    public async Task<int> FindLeaderAsync(params int[] nodes)
    {
        var leader = 0;
        await Deadline.UntilAsync(
            async () =>
            {
                foreach (var node in nodes.Length > 0 ? nodes : [1, 2, 3])
                {
                    leader = (await StatusAsync(cluster.MetadataAddress(node)))?.Role == MemberRole.Leader ? node : leader;
                }

                return leader != 0;
            },
            TimeSpan.FromSeconds(60), "a leader", Token, cluster.Tail);
        return leader;
    }

    /// <summary>Waits until the leader is in touch with all members, and none is behind.</summary>
    public Task AllInStepAsync(Uri any, int memberCount) => Deadline.UntilAsync(
        async () => await StatusAsync(any) is { LeaderAddress.Length: > 0 } status
            && await StatusAsync(new Uri(status.LeaderAddress)) is { Role: MemberRole.Leader } leader
            && leader.Members.Count == memberCount
            && leader.Members.All(member => member.Active && member.MatchIndex + 100 >= leader.LastIndex),
        TimeSpan.FromSeconds(60), $"{memberCount} nodes in step", Token, cluster.Tail);

    /// <summary>The id of the group that a node belongs to.</summary>
    public static async Task<Guid> ClusterIdAsync(Uri address) =>
        new((await StatusAsync(address) ?? throw new InvalidOperationException($"{address} does not answer")).ClusterId.Span, bigEndian: true);

    /// <summary>Waits until a node that was just started answers.</summary>
    public static Task RespondsAsync(Uri address) => Deadline.UntilAsync(
        async () => await StatusAsync(address) is not null, TimeSpan.FromSeconds(60), $"{address} answers", Token);

    public async Task Kill9Async(params int[] nodes)
    {
        foreach (var node in nodes)
        {
            Remember(node);
        }

        await SignalAsync("-KILL", nodes);
    }

    public async Task TerminateAsync(int node)
    {
        Remember(node);
        await SignalAsync("-TERM", [node]);
        var process = $"/proc/{ProcessId(node)}";
        await Deadline.UntilAsync(
            () => !Directory.Exists(process) || File.ReadAllText($"{process}/stat").Contains(") Z ", StringComparison.Ordinal),
            TimeSpan.FromSeconds(40), "it stops", Token, cluster.Tail);
    }

    /// <summary>Starts a node that was killed or stopped as it was started before.</summary>
    public void Restart(int node) => Start(FiveProcessCluster.MetadataName(node), _commands[node]);

    /// <summary>Starts another one, with settings under <c>Spillway:Metadata</c>; its log goes where the others' go.</summary>
    public void Start(string name, int healthPort, IEnumerable<string> settings) => Start(
        name,
        ["dotnet", ServiceAssembly, $"--Spillway:Service:HttpPort={healthPort}", .. settings.Select(static s => "--Spillway:Metadata:" + s)]);

    /// <summary>Runs one of the operator's verbs.</summary>
    public static async Task MembersAsync(Uri address, params string[] words)
    {
        await using var command = ChildProcess.Start(
            "dotnet", [ServiceAssembly, "members", .. words, $"--address={address}"]);
        var exitCode = await command.WaitForExitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.True(exitCode == 0, $"members {string.Join(' ', words)} ended with {exitCode}:\n{command.Tail()}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            await process.DisposeAsync();
        }
    }

    private void Start(string name, string[] command)
    {
        // As the script does: in the cluster's folder, with a log, and with a pid file for the script that stops all.
        const string Script = "cd \"$1\" && log=$1/log/$2.log pid=$1/run/$2.pid && shift 2 && echo $$ >\"$pid\" && exec \"$@\" >>\"$log\" 2>&1";
        _started.Add(ChildProcess.Start("bash", ["-c", Script, "bash", cluster.Folder, name, .. command]));
    }

    private int ProcessId(int node) => int.Parse(
        File.ReadAllText(Path.Combine(cluster.Folder, "run", FiveProcessCluster.MetadataName(node) + ".pid")), CultureInfo.InvariantCulture);

    private void Remember(int node) => _commands[node] =
        File.ReadAllText($"/proc/{ProcessId(node)}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private async Task SignalAsync(string signal, int[] nodes)
    {
        await using var kill = ChildProcess.Start(
            "kill", [signal, .. nodes.Select(node => ProcessId(node).ToString(CultureInfo.InvariantCulture))]);
        Assert.Equal(0, await kill.WaitForExitAsync(TimeSpan.FromMinutes(1), Token));
    }

    private static async Task<MembersStatusResult?> StatusAsync(Uri address)
    {
        using var channel = new RpcChannel(address);
        try
        {
            return await channel.UnaryAsync(MembersMethods.Status, new MembersStatusCall(), Token, TimeSpan.FromSeconds(2));
        }
        catch (RpcException)
        {
            return null;
        }
    }
}
