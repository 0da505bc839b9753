using System.Globalization;
using Spillway.EndToEnd.Tests.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.MetadataNodes;

/// <summary>The verbs of an operator on a cluster at work: nothing is restarted, and the producer notices nothing it has to be told.</summary>
public sealed class MembershipTests
{
    [Fact]
    public async Task One_node_becomes_three_and_one_again_under_load_and_a_lost_disk_is_replaced()
    {
        await using var cluster = await LeaderTests.StartAsync("members", metadataNodes: 1);
        await using var nodes = new MetadataNodes(cluster);
        await using var producer = await SteadyProducer.StartAsync(cluster, "members");
        var first = cluster.MetadataAddress(1);
        var clusterId = await MetadataNodes.ClusterIdAsync(first);

        await JoinAsync(cluster, nodes, first, clusterId, node: 2);
        await JoinAsync(cluster, nodes, first, clusterId, node: 3);
        await nodes.AllInStepAsync(first, 3);
        await producer.GoesOnAsync(500);

        // Node 3 loses its disk: it leaves under its id, and comes back as a new node.
        await nodes.Kill9Async(3);
        Directory.Delete(FolderOf(cluster, 3), recursive: true);
        await producer.GoesOnAsync(500);
        await MetadataNodes.MembersAsync(first, "remove", "3");
        await JoinAsync(cluster, nodes, first, clusterId, node: 4);
        await nodes.AllInStepAsync(first, 3);
        await producer.GoesOnAsync(500);

        // The node that all began with leaves too; callers that were told of no other one have learnt them.
        await MetadataNodes.MembersAsync(first, "remove", "1");
        await producer.GoesOnAsync(500);
        await MetadataNodes.MembersAsync(AddressOf(cluster, 4), "remove", "2");
        await nodes.AllInStepAsync(AddressOf(cluster, 4), 1);
        await producer.GoesOnAsync(500);

        var times = await producer.FinishAsync();
        LeaderTests.Tell("longest gap", [SteadyProducer.LongestGap(times, times[0], TimeSpan.FromHours(1))]);
    }

    private static async Task JoinAsync(FiveProcessCluster cluster, MetadataNodes nodes, Uri any, Guid clusterId, int node)
    {
        var raft = $"127.0.0.1:{cluster.Port + 119 + node}";
        nodes.Start(
            node < 4 ? FiveProcessCluster.MetadataName(node) : "metadata-4",
            HealthPort(cluster, node),
            [
                $"NodeId={node}",
                $"ClusterId={clusterId}",
                "Join=true",
                $"DataFolder={FolderOf(cluster, node)}",
                $"RpcPort={AddressOf(cluster, node).Port}",
                $"RaftPort={raft.Split(':')[1]}",
            ]);
        await MetadataNodes.RespondsAsync(AddressOf(cluster, node));
        await MetadataNodes.MembersAsync(any, "add", node.ToString(CultureInfo.InvariantCulture), raft, AddressOf(cluster, node).ToString());
    }

    private static Uri AddressOf(FiveProcessCluster cluster, int node) =>
        node < 4 ? cluster.MetadataAddress(node) : new Uri($"http://127.0.0.1:{cluster.SparePort(1)}");

    private static int HealthPort(FiveProcessCluster cluster, int node) =>
        node < 4 ? cluster.Port + 209 + node : cluster.SparePort(2);

    private static string FolderOf(FiveProcessCluster cluster, int node) => Path.Combine(cluster.Folder, $"metadata-{node}");
}
