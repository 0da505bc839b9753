using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.Draining;

/// <summary>
/// The object store away for many tries of every job, while produce goes on. What a writer does when the WAL grows to its budget meanwhile is
/// in the writer's own tests of full volumes.
/// </summary>
public sealed class StoreAwayTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_WAL_grows_and_is_readable_and_is_drained_when_the_store_is_back()
    {
        using var context = new CompactorTestContext(seed: 9);
        var loop = await context.StartAsync();
        context.Store.Decide = static (_, _) => ObjectFault.NotDone;

        const int Tries = 20;
        for (var i = 0; i < Tries; i++)
        {
            context.AddRandomSegment();
            await loop.RunOnceAsync(Token);
            context.Metadata.PassMuchTime();
        }

        Assert.Equal(Tries, context.SegmentPaths.Count);
        Assert.Empty(context.Objects.Keys);
        Assert.All(context.Metadata.Completions, static completion => Assert.True(completion.Failed || completion.Deleted.Count == 0));
        await context.AssertAllReadableAsync();

        context.Store.Decide = null;
        await context.RunUntilQuietAsync(loop);

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }
}
