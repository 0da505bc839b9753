using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Tests.Log;
using Spillway.Rpc;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>A node that led once and may not know what its successor told a reader.</summary>
public sealed class StaleAnswerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_aborted_is_not_answered_from_a_state_before_the_stable_offset_that_was_told()
    {
        var context = await new NodeContext().StartAsync();
        await context.Node.InitializeAsync(Ct);
        await context.Admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 1, ReplicationFactor = 1 } } }, Ct);
        var logId = context.Node.Read(state => state.Topics.Find("t")!.Partitions[0].Id.Value);
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var index = new PartitionIndexService(
            context.Node, new TailHub(context.Machine, context.Node), new MetadataMetrics(meters, context.Machine));
        context.ReplicatedLog.Lead(false);

        // Somewhere else the log has gone on to 5.
        await Assert.ThrowsAsync<RpcException>(() => index.FindAbortedAsync(
            new FindAbortedRequest { LogId = logId, FromOffset = 0, ToOffset = 5 }, Ct));
        var known = await index.FindAbortedAsync(new FindAbortedRequest { LogId = logId, FromOffset = 0, ToOffset = 0 }, Ct);

        Assert.Equal(0, known.ErrorCode);
        Assert.Empty(known.Aborted);
    }
}
