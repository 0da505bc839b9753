using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft.Tests.Support;
using Spillway.Raft.Transport;
using Spillway.Testing;
using Spillway.Testing.Processes;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>Whole nodes with threads, disks and sockets of their own, in one process.</summary>
internal sealed class TcpGroup : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestMeterFactory _meters = new();
    private readonly GroupMember[] _founders;

    public TcpGroup(int founders)
    {
        int[] ids = [.. Enumerable.Range(1, founders)];
        var port = FreePorts.TakeBase(ids);
        _founders = [.. ids.Select(id => new GroupMember((ulong)id, true, $"127.0.0.1:{port + id}", $"service-{id}"))];
    }

    public Dictionary<ulong, ReplicatedLog> Logs { get; } = [];

    public Dictionary<ulong, JournalStateMachine> States { get; } = [];

    public ReplicatedLog? Leader => Logs.Values.FirstOrDefault(static log => log.Leadership.IsLeader);

    public async Task StartAsync(CancellationToken ct)
    {
        foreach (var founder in _founders)
        {
            await StartAsync(founder.NodeId, ct);
        }
    }

    public Task StartAsync(ulong id, CancellationToken ct)
    {
        var address = _founders[id - 1].Address;
        var options = new ReplicatedLogOptions
        {
            Folder = Path.Combine(_folder.Path, $"node-{id}"),
            NodeId = id,
            ClusterId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            Address = address,
            ServiceAddress = $"service-{id}",
            InitialVoters = _founders,
            ElectionTicks = 20, // a busy machine must not look like a dead leader
            SegmentBytes = 4 << 20,
        };
        States[id] = new JournalStateMachine();
        Logs[id] = ReplicatedLog.WithTransport(
            options, new RaftTransportOptions { ListenPort = IPEndPoint.Parse(address).Port }, States[id],
            TimeProvider.System, NullLogger.Instance, _meters);
        return Logs[id].StartAsync(ct);
    }

    public async Task<ReplicatedLog> LeaderAsync(CancellationToken ct)
    {
        await Eventually.TrueAsync(() => Leader is not null, "a leader", ct);
        return Leader!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in Logs.Values)
        {
            await log.DisposeAsync();
        }

        _meters.Dispose();
        _folder.Dispose();
    }
}
