using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft;
using Spillway.Raft.Transport;

namespace Spillway.Benchmarks.Raft;

/// <summary>A replicated log of one node, or of several in this process that talk over loopback.</summary>
internal sealed class MeasuredGroup : IAsyncDisposable, IMeterFactory
{
    private readonly List<ReplicatedLog> _logs = [];

    public int Nodes => _logs.Count;

    public ReplicatedLog Leader => _logs.First(static log => log.Leadership.IsLeader);

    public static async Task<MeasuredGroup> StartAsync(string folder, int nodes)
    {
        var group = new MeasuredGroup();
        var voters = Enumerable.Range(1, nodes)
            .Select(static id => new GroupMember((ulong)id, true, FreeAddress(), ""))
            .ToArray();
        foreach (var voter in voters)
        {
            group._logs.Add(group.NewLog(folder, voter, voters));
        }

        await Task.WhenAll(group._logs.Select(static log => log.StartAsync(CancellationToken.None)));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!group._logs.Exists(static log => log.Leadership.IsLeader))
        {
            await timer.WaitForNextTickAsync();
        }

        return group;
    }

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in _logs)
        {
            await log.DisposeAsync();
        }
    }

    private ReplicatedLog NewLog(string folder, GroupMember voter, GroupMember[] voters)
    {
        var options = new ReplicatedLogOptions
        {
            Folder = Path.Combine(folder, $"node-{voter.NodeId}"),
            NodeId = voter.NodeId,
            ClusterId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            Address = voter.Address,
            InitialVoters = voters,
        };
        return voters.Length == 1
            ? new ReplicatedLog(options, new CountingStateMachine(), TimeProvider.System, NullLogger.Instance, this)
            : ReplicatedLog.WithTransport(
                options, new RaftTransportOptions { ListenPort = IPEndPoint.Parse(voter.Address).Port },
                new CountingStateMachine(), TimeProvider.System, NullLogger.Instance, this);
    }

    private static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }
}
