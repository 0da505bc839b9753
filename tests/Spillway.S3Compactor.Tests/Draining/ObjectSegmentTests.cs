using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.Draining;

/// <summary>Segments whose blocks are objects, drained and deleted like files.</summary>
public sealed class ObjectSegmentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blocks_in_the_object_store_are_drained_and_leave_nothing()
    {
        using var context = new CompactorTestContext();
        context.AddObjectSegment([(1, 100), (2, 9000), (-3, 50)], [(2, 300), (1, 4000)], [(4, 1)]);
        context.AddSegment([(1, 700)]);
        context.AddObjectSegment([(1, 800)]);
        await context.AssertAllReadableAsync();

        await context.RunUntilQuietAsync(await context.StartAsync());

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
        Assert.DoesNotContain(context.Objects.Keys, key => key.StartsWith("wal/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Neighbours_of_a_block_are_one_request_and_blocks_are_never_read_over()
    {
        using var context = new CompactorTestContext();
        context.AddObjectSegment(
            [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 20).Select(i => ((long)(i % 7) + 1, 900)).ToArray())]);

        Assert.True(await (await context.StartAsync()).RunOnceAsync(Token));

        Assert.Equal(3, context.Objects.CountRequests(ObjectRequestKind.Get));
        await context.AssertAllReadableAsync();
    }

    [Fact]
    public async Task What_could_not_be_deleted_is_tried_again()
    {
        using var context = new CompactorTestContext();
        context.AddObjectSegment([(1, 100)], [(2, 300)]);
        var loop = await context.StartAsync();
        Assert.True(await loop.RunOnceAsync(Token));
        context.Metadata.PassMuchTime();
        context.Store.FailNext(ObjectRequestKind.Delete, ObjectFault.FirstKeyFails);
        context.Store.FailNext(ObjectRequestKind.Delete, ObjectFault.NotDone);

        await context.RunUntilQuietAsync(loop);

        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_store_that_gives_damaged_bytes_fails_the_job_retriably()
    {
        using var context = new CompactorTestContext();
        context.AddObjectSegment([(1, 1000)]);
        for (var i = 0; i < 2; i++)
        {
            context.Store.FailNext(ObjectRequestKind.Get, ObjectFault.Damaged);
        }

        var loop = await context.StartAsync();
        Assert.False(await loop.RunOnceAsync(Token));

        Assert.True(Assert.Single(context.Metadata.Completions).Failed);
        Assert.All(
            context.Metadata.Logs.Values.SelectMany(log => log.Entries),
            entry => Assert.Equal(ContainerKind.WalSegment, entry.Entry.Kind));
        await context.RunUntilQuietAsync(loop);
        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }
}
