using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Metadata.Tests.Contract;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Testing;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;

namespace Spillway.Metadata.Tests.Members;

/// <summary>Metadata nodes in this process, real but for that: logs in a temporary folder, transports and RPC on loopback.</summary>
internal sealed class NodeGroup : IAsyncDisposable
{
    public const string ClusterId = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    private const int NodesMax = 5;

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<int, MetadataHost> _running = [];
    private readonly int _port = FreePorts.TakeBase([.. Enumerable.Range(0, 2 * (NodesMax + 1))]);
    private readonly (string Key, string Value)[] _settings;
    private readonly int _founderCount;

    private NodeGroup(int founderCount, (string Key, string Value)[] settings)
    {
        _founderCount = founderCount;
        _settings = settings;
        Channels = new MetadataChannels(
            [.. Enumerable.Range(1, founderCount).Select(AddressOf)],
            static address => new RpcChannel(address),
            TimeProvider.System,
            NullLogger<MetadataChannels>.Instance)
        {
            // A machine that runs all suites side by side may stand still for seconds; that is no failed call.
            Patience = TimeSpan.FromSeconds(20),
        };
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A caller that follows the leader.</summary>
    public MetadataChannels Channels { get; }

    public IRegistrationService Registrations => new RemoteRegistrationService(Channels);

    public static async Task<NodeGroup> StartAsync(int founders, params (string Key, string Value)[] settings)
    {
        var group = new NodeGroup(founders, settings);
        for (var node = 1; node <= founders; node++)
        {
            await group.StartNodeAsync(node);
        }

        await group.FindLeaderAsync();
        return group;
    }

    public MetadataHost this[int node] => _running[node];

    public Uri AddressOf(int node) => new($"http://127.0.0.1:{_port + (2 * node)}");

    public string RaftAddressOf(int node) => $"127.0.0.1:{_port + (2 * node) + 1}";

    /// <summary>Starts a node on its folder, or on an empty one as a node that joins.</summary>
    public async Task StartNodeAsync(int node, bool join = false)
    {
        // As an operator does it: one node restores, the others join it.
        var settings = new List<(string, string)>(
            _settings.Where(setting => !join || !setting.Key.StartsWith("Spillway:Metadata:Restore", StringComparison.Ordinal)))
        {
            ("Spillway:Metadata:NodeId", Text(node)),
            ("Spillway:Metadata:ClusterId", ClusterId),
            ("Spillway:Metadata:RpcPort", Text(AddressOf(node).Port)),
            ("Spillway:Metadata:RaftPort", RaftAddressOf(node).Split(':')[1]),
            ("Spillway:Metadata:RaftTick", "00:00:00.030"),
            ("Spillway:Metadata:Join", join ? "true" : "false"),
        };
        for (var founder = 1; founder <= _founderCount && _founderCount > 1 && !join; founder++)
        {
            var key = $"Spillway:Metadata:Founders:{founder - 1}:";
            settings.Add((key + "NodeId", Text(founder)));
            settings.Add((key + "RaftAddress", RaftAddressOf(founder)));
            settings.Add((key + "Address", AddressOf(founder).ToString()));
        }

        _running[node] = await MetadataHost.StartAsync(
            Path.Combine(_folder.Path, Text(node)), overRpc: false, [.. settings]);
    }

    public async Task StopNodeAsync(int node)
    {
        if (_running.Remove(node, out var host))
        {
            await host.DisposeAsync();
        }
    }

    /// <summary>The running node that leads, and that all others that run follow.</summary>
    public async Task<int> FindLeaderAsync()
    {
        var leader = 0;
        await Eventually.TrueAsync(
            () =>
            {
                var views = _running.ToDictionary(static node => node.Key, static node => StatusOf(node.Value));
                leader = views.SingleOrDefault(static view => view.Value.Role == MemberRole.Leader).Key;
                return leader != 0 && views.Values.All(view => view.LeaderId == (ulong)leader || view.Role == MemberRole.Learner);
            },
            "one leader, whom all follow",
            Ct);
        return leader;
    }

    public async Task TransferAsync()
    {
        var leader = await FindLeaderAsync();
        var handedOver = await _running[leader].Members.TransferLeadershipAsync(new TransferLeadershipCall(), Ct);
        Assert.True(handedOver.Transferred);
    }

    public async ValueTask DisposeAsync()
    {
        await Channels.DisposeAsync();
        foreach (var host in _running.Values)
        {
            await host.DisposeAsync();
        }

        _folder.Dispose();
    }

    private static MembersStatusResult StatusOf(MetadataHost host) =>
        host.Members.StatusAsync(new MembersStatusCall { Brief = true }, Ct).GetAwaiter().GetResult();

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
