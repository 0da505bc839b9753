using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.Scrubbing;

/// <summary>
/// Goal: what is damaged in the store is found and told, and nothing else is. Method: drained objects, changed or taken away under the compactor;
/// a store that fails now and then. Where in an object damage may lie: ObjectVerifierTests.
/// </summary>
public sealed class ScrubTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sound_objects_are_read_and_nothing_is_told_of_them()
    {
        using var context = await CreateAsync();

        await RunAsync(context);

        context.AssertScrubbed();
        Assert.Equal(context.Metadata.ObjectIds, context.Metadata.Scrubbed.Keys.Order());
        Assert.Equal(
            context.Objects.Keys.Sum(key => (long)context.Objects.Get(key).Length), context.Readings["spillway.compactor.scrubbed"]);
        Assert.Equal(0, context.Readings["spillway.compactor.scrub.damaged"]);
        Assert.Equal(0, context.Pool.RentedBytes);
    }

    [Fact]
    public async Task A_damaged_block_is_told_with_its_logs_offsets_and_the_other_objects_are_sound()
    {
        using var context = await CreateAsync();
        var id = context.Metadata.ObjectIds.ElementAt(1);
        var key = KeyOf(context, id);
        var index = await new ObjectReader(context.Objects, context.Pool).ReadIndexAsync(key, Token);
        var block = index.Entries[^1];
        Flip(context, key, block.Position + 5);

        await RunAsync(context);

        var found = Assert.Single(context.Metadata.Scrubbed.Values, static found => found is not null)!;
        Assert.Equal((id, ObjectDamageKind.DataBlock, block.Position), (found.ObjectId, found.Damage, found.Position));
        Assert.Contains($"log {block.LogId.Value} offsets {block.BaseOffset} to {block.LastOffset}", found.Reason, StringComparison.Ordinal);
        Assert.Empty(context.Metadata.ToScrub);
        Assert.False(context.Metadata.Completions[^1].Failed);
        Assert.Equal(1, context.Readings["spillway.compactor.scrub.damaged"]);
    }

    [Fact]
    public async Task Index_footer_length_and_absence_are_told_apart()
    {
        using var context = await CreateAsync();
        var ids = context.Metadata.ObjectIds.ToArray();
        var index = await new ObjectReader(context.Objects, context.Pool).ReadIndexAsync(KeyOf(context, ids[0]), Token);
        Flip(context, KeyOf(context, ids[0]), index.Footer.IndexPosition);
        Flip(context, KeyOf(context, ids[1]), context.Objects.Get(KeyOf(context, ids[1])).Length - 1);
        context.Objects.Set(KeyOf(context, ids[2]), context.Objects.Get(KeyOf(context, ids[2]))[1..]);
        await context.Objects.DeleteAsync([KeyOf(context, ids[3])], Token);

        await RunAsync(context);

        Assert.Equal(
            [ObjectDamageKind.Index, ObjectDamageKind.Footer, ObjectDamageKind.Length, ObjectDamageKind.Missing],
            ids[..4].Select(id => context.Metadata.Scrubbed[id]!.Damage));
        Assert.All(ids[4..], id => Assert.Null(context.Metadata.Scrubbed[id]));
    }

    [Fact]
    public async Task A_store_that_fails_ends_the_job_as_failed_with_what_was_read_and_blames_no_object()
    {
        using var context = await CreateAsync();
        var ids = context.Metadata.ObjectIds.ToArray();
        var away = true;
        context.Store.Decide = (kind, key) =>
            away && kind == ObjectRequestKind.Get && key == KeyOf(context, ids[2]) ? ObjectFault.NotDone : ObjectFault.None;
        var loop = await context.StartAsync();

        Assert.False(await loop.RunOnceAsync(Token));

        var first = context.Metadata.Completions[^1];
        Assert.True(first.Failed);
        Assert.Equal(ids[..2], first.Scrubbed.Select(static s => s.ObjectId));
        away = false;
        Assert.True(await loop.RunOnceAsync(Token));
        context.AssertScrubbed();
        Assert.Equal(ids.Length, context.Metadata.Scrubbed.Count);
    }

    [Fact]
    public async Task Random_failures_of_the_store_never_blame_an_object()
    {
        using var context = await CreateAsync();
        context.Store.FailAtRandom(context.Random, 0.2);
        var loop = await context.StartAsync();
        for (var i = 0; context.Metadata.ToScrub.Count > 0; i++)
        {
            Assert.True(i < 1_000, "a job comes further now and then");
            await loop.RunOnceAsync(Token);
        }

        context.AssertScrubbed();
        Assert.Equal(0, context.Pool.RentedBytes);
    }

    private static async Task<CompactorTestContext> CreateAsync()
    {
        var context = new CompactorTestContext(objectBytesTarget: 20_000, partitionObjectBytesMin: 15_000);
        for (var i = 0; i < 4; i++)
        {
            context.AddRandomSegment();
        }

        await context.RunUntilQuietAsync(await context.StartAsync());
        Assert.True(context.Metadata.ObjectIds.Count >= 5, "there are several objects");
        context.Metadata.ToScrub.UnionWith(context.Metadata.ObjectIds);
        return context;
    }

    private static async Task RunAsync(CompactorTestContext context) =>
        Assert.True(await (await context.StartAsync()).RunOnceAsync(Token));

    private static string KeyOf(CompactorTestContext context, long id) =>
        context.Metadata.Containers.Single(c => c.Kind == ContainerKind.Object && c.ContainerId == id).Path;

    private static void Flip(CompactorTestContext context, string key, long position)
    {
        var bytes = context.Objects.Get(key);
        bytes[position] ^= 0x20;
        context.Objects.Set(key, bytes);
    }
}
