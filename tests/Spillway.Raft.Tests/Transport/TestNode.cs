using Spillway.Raft.Core;
using Spillway.Raft.Tests.Support;
using Spillway.Raft.Transport;
using Spillway.Testing;

namespace Spillway.Raft.Tests.Transport;

/// <summary>A transport on loopback with a receiver that records.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public static readonly Guid Cluster = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private TestNode(ulong nodeId, TcpRaftTransport transport, TestLogger logger)
    {
        NodeId = nodeId;
        Transport = transport;
        Logger = logger;
    }

    public ulong NodeId { get; }

    public TcpRaftTransport Transport { get; }

    public RecordingReceiver Receiver { get; } = new();

    public TestLogger Logger { get; }

    public string Address => Transport.EndPoint!.ToString();

    public GroupMember Member => new(NodeId, true, Address, "");

    /// <summary>Options that make tests short; a port of 0 is any free one.</summary>
    public static RaftTransportOptions Options(int port = 0, RaftTlsOptions? tls = null) => new()
    {
        ListenPort = port,
        Tls = tls,
        HandshakeTimeout = TimeSpan.FromSeconds(2),
        BeatInterval = TimeSpan.FromMilliseconds(50),
        SilenceMax = TimeSpan.FromMilliseconds(500),
        ReconnectDelayMax = TimeSpan.FromMilliseconds(100),
    };

    public static async Task<TestNode> StartAsync(
        ulong nodeId, CancellationToken ct, RaftTransportOptions? options = null, Guid? cluster = null)
    {
        var logger = new TestLogger();
        var transport = new TcpRaftTransport(
            options ?? Options(), () => cluster ?? Cluster, nodeId, TimeProvider.System, logger, new TestMeterFactory());
        var node = new TestNode(nodeId, transport, logger);
        await transport.StartAsync(node.Receiver, ct);
        return node;
    }

    public static void Introduce(params TestNode[] nodes)
    {
        var members = Array.ConvertAll(nodes, static node => node.Member);
        Array.ForEach(nodes, node => node.Transport.SetMembers(members));
    }

    /// <summary>A message whose index tells it from others.</summary>
    public RaftMessage MessageTo(ulong nodeId, ulong index) =>
        new(RaftMessageKind.AppendReply, NodeId, nodeId, 3) { Index = index };

    /// <summary>Sends messages until one arrives: the first ones may go while there is no connection.</summary>
    public async Task ReachAsync(TestNode other, ulong index, CancellationToken ct)
    {
        await Eventually.TrueAsync(
            () =>
            {
                Transport.Send([MessageTo(other.NodeId, index)]);
                return other.Receiver.Messages.Any(message => message.From == NodeId && message.Index == index);
            },
            $"node {other.NodeId} hears of node {NodeId}; it says {string.Join(" / ", Logger.Lines)}",
            ct);
    }

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
