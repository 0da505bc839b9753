using Spillway.Metadata.Members;
using Spillway.Metadata.Tests.Contract;
using Spillway.Metadata.Tests.Members;
using Spillway.ServiceDefaults;
using Spillway.Storage.Objects;
using Spillway.Testing.Wal;

namespace Spillway.Metadata.Tests.Restoring;

/// <summary>Real nodes: one restores, two more join it, and the state outlives the one that restored it.</summary>
public sealed class RestoredGroupTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_node_becomes_three()
    {
        using var folder = new TemporaryFolder();
        using var lost = new LostCluster();
        var log = lost.Context.CreateTopic("restored")[0];
        lost.Produce(log);
        lost.Drain();
        await lost.CopyAsync();
        await lost.MoveToAsync(new FolderObjectStore(folder.Path));

        await using var group = await NodeGroup.StartAsync(
            1,
            ("Spillway:Metadata:RestoreFrom", lost.ClusterId),
            ("Spillway:ObjectStore:Kind", "Folder"),
            ("Spillway:ObjectStore:Folder", folder.Path));
        var restored = ViewOf(group, 1);
        foreach (var node in new[] { 2, 3 })
        {
            await group.StartNodeAsync(node, join: true);
            var errors = new StringWriter();
            var code = await MembersCommand.RunAsync(
                ["add", $"{node}", group.RaftAddressOf(node), $"{group.AddressOf(node)}", $"--address={group.AddressOf(1)}"],
                new StringWriter(),
                errors,
                Ct);
            Assert.True(code == 0, errors.ToString());
        }

        await group.TransferAsync();
        await group.StopNodeAsync(1);
        var leader = await group.FindLeaderAsync();

        Assert.Equal(restored, ViewOf(group, leader));
        Assert.Equal((lost.ClusterId, 1L), (restored.ClusterId, restored.Incarnation));
        Assert.True(restored.NextOffset > 1 << 29);
    }

    [Fact]
    public async Task A_start_without_an_object_store_is_refused()
    {
        using var folder = new TemporaryFolder();

        var refusal = await Assert.ThrowsAsync<StartupException>(() => MetadataHost.StartAsync(
            folder.Path, overRpc: false, ("Spillway:Metadata:RestoreFrom", "00112233445566778899aabbccddeeff")));

        Assert.Contains("needs Spillway:ObjectStore", refusal.Message, StringComparison.Ordinal);
    }

    private static (string ClusterId, long Incarnation, long NextOffset) ViewOf(NodeGroup group, int node) => group[node].Read(static state => (
        Convert.ToHexStringLower(state.ClusterId),
        state.Containers.Incarnation,
        state.Topics.Find("restored")!.Partitions[0].NextOffset));
}
