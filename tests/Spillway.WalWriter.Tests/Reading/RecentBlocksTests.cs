using Spillway.Rpc.Reading;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.WalWriter.Tests.Reading;

/// <summary>Committed blocks that go on being readable from memory.</summary>
public sealed class RecentBlocksTests
{
    [Fact]
    public async Task What_was_committed_is_found_where_the_index_names_it()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        var stream = await context.StartAsync();
        // Two logs in one request: in the block their batches lie in the order of the logs.
        var (a, b, c) = (context.CreateBatch(5000), context.CreateBatch(300), context.CreateBatch(40));
        await context.AppendAsync(stream, (2, a), (1, b), (2, c));

        foreach (var batch in context.Metadata.Committed)
        {
            Assert.Equal(context.ReadCommitted(batch), Read(context, batch));
        }

        // Neighbours of one log are one range of the index.
        var first = context.Metadata.Committed.Single(batch => batch.LengthBytes == a.Length);
        using var both = context.Recent.Find(first.Segment.Id, first.Position, a.Length + c.Length);
        Assert.Equal([.. a, .. c], Join(both));
        using var middle = context.Recent.Find(first.Segment.Id, first.Position + 100, a.Length);
        Assert.Equal([.. a[100..], .. c[..100]], Join(middle));
    }

    [Fact]
    public async Task Nothing_is_readable_before_it_is_committed()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        var stream = await context.StartAsync();
        var arrived = new TaskCompletionSource<(long SegmentId, long Position)>();
        var mayCommit = new TaskCompletionSource();
        context.Metadata.BeforeCommit = request =>
        {
            arrived.TrySetResult((request.SegmentId, request.PayloadPosition));
            return mayCommit.Task;
        };
        var batch = context.CreateBatch(1000);

        var appending = context.AppendOneAsync(stream, 1, batch);
        var (segmentId, position) = await arrived.Task.WaitAsync(WriterTestContext.LongEnough);

        Assert.Null(context.Recent.Find(segmentId, position, batch.Length));
        mayCommit.SetResult();
        await appending;
        using var range = context.Recent.Find(segmentId, position, batch.Length);
        Assert.Equal(batch, Join(range));
    }

    // It lies behind blocks that are committed after it: neither what is found nor what leaves may go by the order of commits.
    [Fact]
    public async Task A_block_that_moved_behind_later_ones_is_found_and_leaves_like_the_others()
    {
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(recentBytesMax: 1 << 20, flushThreads: 1, volumeCount: 2));
        var stream = await context.StartWithSegmentsAsync();
        using var flushing = new ManualResetEventSlim();
        using var mayFail = new ManualResetEventSlim();
        context.Files.OnFlush = path =>
        {
            if (path.StartsWith("/v1/", StringComparison.Ordinal) && !flushing.IsSet)
            {
                flushing.Set();
                mayFail.Wait(WriterTestContext.LongEnough);
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
            }
        };
        var first = context.AppendOneAsync(stream, 1, context.CreateBatch(1000));
        Assert.True(flushing.Wait(WriterTestContext.LongEnough));
        var second = context.AppendOneAsync(stream, 1, context.CreateBatch(2000));
        await WriterTestContext.UntilAsync(() => context.Loop.Session!.Pipeline.UnresolvedCount == 2, "the second is in a block");
        mayFail.Set();
        await Task.WhenAll(first, second);

        Assert.All(context.Metadata.Committed, batch => Assert.Equal("v2", batch.Segment.Volume));
        Assert.True(context.Metadata.Committed[0].Position > context.Metadata.Committed[1].Position);
        foreach (var batch in context.Metadata.Committed)
        {
            Assert.Equal(context.ReadCommitted(batch), Read(context, batch));
        }

        // Enough for the oldest one to leave.
        while (context.Recent.ChargedBytes < (1 << 20) - 70_000)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch(30_000));
        }

        for (var i = 0; i < 6; i++)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch(30_000));
        }

        Assert.All(
            context.Metadata.Committed.Take(2),
            batch => Assert.Null(context.Recent.Find(batch.Segment.Id, batch.Position, batch.LengthBytes)));
    }

    [Fact]
    public async Task A_block_that_moved_is_found_where_it_was_committed_and_nowhere_else()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        var stream = await context.StartAsync();
        var failedPath = "";
        context.Files.OnFlush = path =>
        {
            if (failedPath.Length == 0)
            {
                failedPath = path;
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
            }
        };
        var bytes = context.CreateBatch(1000);

        await context.AppendOneAsync(stream, 1, bytes);

        var batch = Assert.Single(context.Metadata.Committed);
        Assert.NotEqual(failedPath, $"/v1/{batch.Segment.Path}");
        Assert.Equal(bytes, Read(context, batch));
        var failed = context.Metadata.Segments.Single(segment => $"/v1/{segment.Value.Path}" == failedPath);
        Assert.Null(context.Recent.Find(failed.Key, batch.Position, bytes.Length));
    }

    [Fact]
    public async Task The_oldest_leave_when_the_room_is_used_up_and_their_memory_with_them()
    {
        const int BytesMax = 100_000;
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: BytesMax));
        var stream = await context.StartAsync();

        for (var i = 0; i < 50; i++)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch(3000));
        }

        var committed = context.Metadata.Committed;
        Assert.Null(context.Recent.Find(committed[0].Segment.Id, committed[0].Position, committed[0].LengthBytes));
        Assert.Equal(context.ReadCommitted(committed[^1]), Read(context, committed[^1]));
        Assert.InRange(context.Recent.ChargedBytes, BytesMax / 2, BytesMax);
        Assert.InRange(context.Pool.RentedBytes, 1, BytesMax);
        context.Recent.Dispose();
        Assert.Equal(0, context.Pool.RentedBytes);
        Assert.Equal(0, context.Recent.ChargedBytes);
    }

    [Fact]
    public async Task Who_has_a_range_keeps_it_when_its_block_leaves()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        var stream = await context.StartAsync();
        var bytes = context.CreateBatch(3000);
        await context.AppendOneAsync(stream, 1, bytes);
        var batch = context.Metadata.Committed[0];

        var range = context.Recent.Find(batch.Segment.Id, batch.Position, batch.LengthBytes);
        context.Recent.Dispose();

        Assert.NotEqual(0, context.Pool.RentedBytes);
        Assert.Equal(bytes, Join(range));
        range!.Dispose();
        Assert.Equal(0, context.Pool.RentedBytes);
    }

    [Fact]
    public async Task What_is_not_in_one_block_is_not_found()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch(3000));
        await context.AppendOneAsync(stream, 1, context.CreateBatch(3000));
        var (first, second) = (context.Metadata.Committed[0], context.Metadata.Committed[1]);
        var segmentId = first.Segment.Id;

        Assert.Null(context.Recent.Find(segmentId, first.Position - 1, 10));
        Assert.Null(context.Recent.Find(segmentId, first.Position, first.LengthBytes + 1));
        Assert.Null(context.Recent.Find(segmentId, second.Position + second.LengthBytes, 1));
        Assert.Null(context.Recent.Find(segmentId + 1000, first.Position, 10));
    }

    [Fact]
    public async Task They_outlive_the_epoch_that_wrote_them()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        var stream = await context.StartAsync();
        var bytes = context.CreateBatch(3000);
        await context.AppendOneAsync(stream, 1, bytes);
        var batch = context.Metadata.Committed[0];

        context.Metadata.Fence();
        await context.AppendAsync(stream, (1, context.CreateBatch()));
        await context.Loop.Session!.Ended.WaitAsync(WriterTestContext.LongEnough);
        await context.Loop.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.Equal(bytes, Read(context, batch));
    }

    private static byte[] Read(WriterTestContext context, FakeMetadata.CommittedBatch batch)
    {
        using var range = context.Recent.Find(batch.Segment.Id, batch.Position, batch.LengthBytes);
        return Join(range);
    }

    private static byte[] Join(WalRange? range)
    {
        Assert.NotNull(range);
        return [.. range.Pieces.SelectMany(piece => piece.ToArray())];
    }
}
