using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Testing.Objects;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.S3Compactor.Tests.Cleaning;

public sealed class DeleteTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_segment_that_cannot_be_unlinked_stays_on_the_list_and_the_others_go()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([]);
        var stuck = context.AddSegment([]);
        context.AddSegment([]);
        var stuckPath = context.SegmentPaths[1];
        context.Files.OnDelete = path =>
        {
            if (path == stuckPath)
            {
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
            }
        };
        var loop = await context.StartAsync();

        Assert.False(await loop.RunOnceAsync(Token));

        Assert.Equal([stuck], context.Metadata.SegmentIds);
        context.Files.OnDelete = null;
        await context.RunUntilQuietAsync(loop);
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_segment_on_a_volume_that_is_not_mounted_here_is_left_to_others()
    {
        using var context = new CompactorTestContext();
        context.Metadata.AddSealedSegment(new ContainerLocation
        {
            Kind = ContainerKind.WalSegment,
            ContainerId = 77,
            Volume = "elsewhere",
            Path = "7/77.wal",
        });
        context.Metadata.AddSealedSegment(new ContainerLocation
        {
            Kind = ContainerKind.WalSegment,
            ContainerId = 78,
            Volume = "v1",
            Path = "../../etc/passwd",
        });
        var deleted = false;
        context.Files.OnDelete = _ => deleted = true;

        await (await context.StartAsync()).RunOnceAsync(Token);

        Assert.Equal([77, 78], context.Metadata.SegmentIds);
        Assert.False(deleted);
    }

    [Fact]
    public async Task A_key_the_store_did_not_delete_stays_on_the_list()
    {
        using var context = new CompactorTestContext(objectBytesTarget: 1);
        context.AddSegment([[(1, 100), (2, 100)]]);
        context.Metadata.BeforeCommit = () => context.Metadata.Logs.Clear();
        var loop = await context.StartAsync();
        await loop.RunOnceAsync(Token);
        Assert.Equal(2, context.Objects.Keys.Count);
        context.Store.FailNext(ObjectRequestKind.Delete, ObjectFault.FirstKeyFails);

        Assert.False(await loop.RunOnceAsync(Token));

        Assert.Single(context.Objects.Keys);
        Assert.Single(context.Metadata.ObjectIds);
        await context.RunUntilQuietAsync(loop);
        Assert.Empty(context.Objects.Keys);
        Assert.Empty(context.Metadata.ObjectIds);
    }

    [Fact]
    public async Task What_the_index_names_is_never_deleted_while_jobs_come_and_go()
    {
        using var context = new CompactorTestContext(objectBytesTarget: 10_000);
        var loop = await context.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            context.AddRandomSegment(2);
            await loop.RunOnceAsync(Token);
            await context.AssertAllReadableAsync();
        }
    }
}
