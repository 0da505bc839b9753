using Spillway.Kafka.Errors;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Topics;

/// <summary>A topic has at most as many replicas as there are zones with frontends, whether these are there just now or not.</summary>
public sealed class ReplicationFactorTests
{
    private readonly StateContext _context = new();
    private readonly TopicRules _rules = new(new BrokerSettings(), new ConfigRules(new BrokerSettings()));

    [Theory]
    [InlineData(-1, ErrorCode.None)]
    [InlineData(1, ErrorCode.None)]
    [InlineData(2, ErrorCode.None)]
    [InlineData(3, ErrorCode.InvalidReplicationFactor)]
    [InlineData(0, ErrorCode.InvalidReplicationFactor)]
    [InlineData(-2, ErrorCode.InvalidReplicationFactor)]
    public void Two_zones_make_two_replicas(int replicationFactor, ErrorCode error)
    {
        _context.Register(NodeKind.Frontend, "a", "p1", "z1");
        _context.Register(NodeKind.Frontend, "b", "p2", "z1");
        _context.Register(NodeKind.Frontend, "c", "p3", "z2");
        _context.Register(NodeKind.Writer, "w", "p4", "z3");
        _context.NowMs += StateContext.LeaseMs + 1;
        _context.ExpireDeadlines();

        var judged = _rules.Check(new NewTopic { Name = "t", Partitions = 1, ReplicationFactor = replicationFactor }, _context.State);

        Assert.Equal(error, judged.Error);
        Assert.Equal(error == ErrorCode.None, judged.Message.Length == 0);
    }
}
