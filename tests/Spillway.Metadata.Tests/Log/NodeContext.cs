using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Metadata.Log;
using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Retention;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.ServiceDefaults.Loops;
using Spillway.Testing;

namespace Spillway.Metadata.Tests.Log;

/// <summary>The rim on a log in memory and a clock of the test's.</summary>
internal sealed class NodeContext
{
    public NodeContext()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var metrics = new MetadataMetrics(meters, Machine);
        ReplicatedLog = new InMemoryLog(Machine);
        Failure = new LoopFailure();
        Node = new MetadataNode(Machine, ReplicatedLog, new GroupIdentity(() => ClusterId), Time, metrics, Failure, NullLogger<MetadataNode>.Instance);
        var environment = new LoopEnvironment(Time, new LoopHeartbeats(Time), Failure, null, NullLoggerFactory.Instance);
        Housekeeping = new HousekeepingLoop(Node, Options, Settings, metrics, environment);
        Retention = new RetentionLoop(Node, Settings, metrics, environment);
        LogCompaction = new LogCompactionLoop(Node, Settings, DirtyLogs, metrics, environment);
        Registrations = new RegistrationService(Node, Options);
        WalCommits = new WalCommitService(Node, metrics);
        var configRules = new ConfigRules(Settings);
        Admin = new AdminService(Node, new TopicRules(Settings, configRules), configRules);
    }

    public static Guid ClusterId { get; } = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    public ManualTimeProvider Time { get; } = new();

    public MetadataOptions Options { get; } = new();

    public BrokerSettings Settings { get; } = new() { Broker = { ["producer.id.expiration.ms"] = "5000" } };

    public MetadataStateMachine Machine { get; } = new();

    public InMemoryLog ReplicatedLog { get; }

    public LoopFailure Failure { get; }

    public MetadataNode Node { get; }

    public HousekeepingLoop Housekeeping { get; }

    public RetentionLoop Retention { get; }

    public LogCompactionLoop LogCompaction { get; }

    public DirtyLogs DirtyLogs { get; } = new();

    public RegistrationService Registrations { get; }

    public WalCommitService WalCommits { get; }

    public AdminService Admin { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async Task<NodeContext> StartAsync()
    {
        await Node.StartAsync(Ct);
        return this;
    }

    public Task<RegisterReply> RegisterAsync(NodeKind kind = NodeKind.Writer) =>
        Registrations.RegisterAsync(new RegisterRequest { Kind = kind, Name = "n", ProcessId = "p" }, Ct);

    /// <summary>Runs the loop until it has no more to do.</summary>
    public async Task KeepHouseAsync()
    {
        while (await Housekeeping.RunOnceAsync(Ct))
        {
        }
    }

    public bool IsLive(RegisterReply node, NodeKind kind = NodeKind.Writer) =>
        Node.Read(state => state.Nodes.IsCurrent(kind, node.NodeId, node.Epoch));
}
