using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.Standalone.Tests.Admin;

/// <summary>A broker that lives and is unregistered comes back under its id: apart, because the others' broker is gone meanwhile.</summary>
public sealed class UnregisterBrokerTests(AdminBroker broker) : IClassFixture<AdminBroker>
{
    [Fact]
    public async Task A_live_broker_registers_again_under_its_id()
    {
        var answer = await broker.AskAsync<UnregisterBrokerResponse>(new UnregisterBrokerRequest { BrokerId = broker.NodeId }, 0);

        Assert.Equal(ErrorCode.None, (ErrorCode)answer.ErrorCode);
        var fencedWasShown = false;
        await Deadline.UntilAsync(
            async () =>
            {
                var cluster = await broker.AskAsync<DescribeClusterResponse>(new DescribeClusterRequest { IncludeFencedBrokers = true }, 2);
                fencedWasShown |= cluster.Brokers.Exists(b => b.IsFenced && b.BrokerId == broker.NodeId);
                return fencedWasShown && cluster.Brokers is [{ IsFenced: false } only] && only.BrokerId == broker.NodeId;
            },
            TimeSpan.FromSeconds(60),
            "the broker is fenced, then back",
            AdminBroker.Ct);
    }
}
