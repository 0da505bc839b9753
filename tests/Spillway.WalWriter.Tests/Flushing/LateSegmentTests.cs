using Spillway.Testing.Wal;
using Spillway.WalWriter.Sessions;
using Xunit;

namespace Spillway.WalWriter.Tests.Flushing;

/// <summary>
/// A segment's file that comes into being after metadata sealed the segment: the deletion may have been there before it, and does not come
/// again. So its maker takes it away.
/// </summary>
public sealed class LateSegmentTests
{
    [Fact]
    public async Task A_creation_that_outlasts_its_epoch_leaves_no_file()
    {
        await using var context = new WriterTestContext();
        using var hold = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        context.Files.OnCreate = _ =>
        {
            reached.Set();
            hold.Wait(WriterTestContext.LongEnough);
        };
        await context.StartAsync();
        Assert.True(reached.Wait(WriterTestContext.LongEnough));

        context.Metadata.Fence();
        context.Loop.Session!.End(SessionEnd.Fenced);
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        context.Files.OnCreate = null;
        hold.Set();

        await context.UntilReadyAsync();
        await UntilOnlyKnownAsync(context);
        Assert.Equal(2, context.Metadata.Segments.Count);
    }

    // As of a process that is stopped between metadata's answer and the file, for longer than its lease.
    [Fact]
    public async Task A_file_made_after_the_lease_was_lost_is_taken_away_and_never_written_to()
    {
        await using var context = new WriterTestContext();
        context.Files.OnCreate = _ =>
        {
            context.Files.OnCreate = null;
            context.Metadata.Fence();
        };
        await context.StartAsync();
        var first = context.Loop.Session!;
        await first.Ended.WaitAsync(WriterTestContext.LongEnough);

        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.NotSame(first, context.Loop.Session);
        await context.UntilReadyAsync();
        await UntilOnlyKnownAsync(context);
        Assert.Equal(0, await context.AppendOneAsync(context.Appends.OpenStream("test"), 1, context.CreateBatch()));
    }

    [Fact]
    public async Task One_that_fails_half_way_leaves_no_file()
    {
        await using var context = new WriterTestContext();
        var failed = 0;
        context.Files.OnPreallocate = _ =>
        {
            context.Files.OnPreallocate = null;
            failed++;
            throw FaultyWalFileSystem.Error(FaultyWalFileSystem.NoSpace);
        };

        await context.StartWithSegmentsAsync();

        Assert.Equal(1, failed);
        await UntilOnlyKnownAsync(context);
    }

    /// <summary>Every file is that of a segment that metadata has and has not sealed.</summary>
    private static Task UntilOnlyKnownAsync(WriterTestContext context) => WriterTestContext.UntilAsync(
        () =>
        {
            var open = context.Metadata.Segments.Values.Where(static s => !s.IsSealed).Select(static s => $"/{s.Volume}/{s.Path}");
            return context.Memory.Paths.Order().SequenceEqual(open.Order());
        },
        "there are no files but those of open segments");
}
