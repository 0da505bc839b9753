using Spillway.Storage.Wal;
using Spillway.Testing.Wal;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests.Flushing;

public sealed class FailedFlushTests
{
    [Theory]
    [InlineData(FaultyWalFileSystem.InputOutputError)]
    [InlineData(FaultyWalFileSystem.NoSpace)]
    public async Task A_failed_flush_moves_its_blocks_to_another_segment_under_their_sequences(int errno)
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        var failedPath = "";
        context.Files.OnFlush = path =>
        {
            if (failedPath == "" || failedPath == path)
            {
                failedPath = path;
                throw FaultyWalFileSystem.Error(errno);
            }
        };
        var batches = Enumerable.Range(0, 20).Select(_ => context.CreateBatch()).ToArray();

        var offsets = await Task.WhenAll(batches.Select(b => context.AppendOneAsync(stream, 1, b)));

        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), offsets);
        Assert.Equal(batches, context.Metadata.Committed.Skip(1).Select(context.ReadCommitted));
        var (first, second) = (context.Metadata.Committed[0].Segment, context.Metadata.Committed[1].Segment);
        Assert.Equal(failedPath, $"/v1/{first.Path}");
        Assert.NotSame(first, second);
        Assert.True(first.IsSealed);
        Assert.Equal(2, context.Metadata.Committed[1].BlockSeq);
        Assert.Equal(1, context.Metadata.Epoch);
    }

    [Fact]
    public async Task Blocks_that_had_no_place_yet_are_written_once_behind_those_that_moved()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 1, segmentBytes: 64 << 10));
        var stream = await context.StartWithSegmentsAsync();
        using var flush = new ManualResetEventSlim();
        using var creation = new ManualResetEventSlim();
        var failedPath = "";
        context.Files.OnCreate = _ => creation.Wait(WriterTestContext.LongEnough);
        context.Files.OnFlush = path =>
        {
            if (failedPath is "" || failedPath == path)
            {
                failedPath = path;
                flush.Wait(WriterTestContext.LongEnough);
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
            }
        };
        byte[][] batches = [context.CreateBatch(30_000), context.CreateBatch(40_000), context.CreateBatch(30_000)];
        var appends = new List<Task<long>>();
        var pipeline = context.Loop.Session!.Pipeline;
        foreach (var batch in batches)
        {
            appends.Add(context.AppendOneAsync(stream, 1, batch));
            await WriterTestContext.UntilAsync(() => failedPath.Length > 0, "the first is being flushed");
        }

        flush.Set();
        await WriterTestContext.UntilAsync(() => context.Metadata.Segments[1].IsSealed, "the segment is given up");
        creation.Set();

        var offsets = await Task.WhenAll(appends).WaitAsync(WriterTestContext.LongEnough);
        Assert.Equal([0, 1, 2], offsets);
        Assert.Equal(batches, context.Metadata.Committed.Select(context.ReadCommitted));
        var blocks = context.Metadata.Committed.Select(c => $"/v1/{c.Segment.Path}").Distinct().SelectMany(path =>
        {
            using var walker = WalSegmentWalker.Open(context.Memory, path);
            return walker.Walk().Select(static block => block.Header.BlockSeq).ToList();
        });
        Assert.Equal(blocks.Distinct(), blocks);
        Assert.Equal(0, pipeline.UnresolvedCount);
    }

    [Fact]
    public async Task A_torn_block_is_written_whole_elsewhere()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        var isTorn = false;
        context.Files.OnWrite = (_, position) =>
        {
            if (position == 0 || isTorn)
            {
                return null;
            }

            isTorn = true;
            return 100;
        };
        var batch = context.CreateBatch(10_000);

        await context.AppendOneAsync(stream, 1, batch);

        Assert.True(isTorn);
        Assert.Equal(batch, context.ReadCommitted(Assert.Single(context.Metadata.Committed)));
    }

    [Fact]
    public async Task A_segment_that_cannot_be_created_is_sealed_and_another_is_tried()
    {
        await using var context = new WriterTestContext();
        var failureCount = 0;
        context.Files.OnPreallocate = _ =>
        {
            if (Interlocked.Increment(ref failureCount) <= 2)
            {
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.NoSpace);
            }
        };
        var stream = await context.StartAsync();

        Assert.Equal(0, await context.AppendOneAsync(stream, 1, context.CreateBatch()));

        Assert.True(context.Metadata.Segments[1].IsSealed);
        Assert.True(context.Metadata.Segments[2].IsSealed);
    }

    [Fact]
    public async Task A_failing_volume_is_followed_by_another()
    {
        var options = new WalWriterOptions
        {
            Volumes =
            [
                new WriterVolumeOptions { Name = "v1", Path = "/v1" },
                new WriterVolumeOptions { Name = "v2", Path = "/v2" },
            ],
            SegmentBytes = 1 << 20,
        };
        await using var context = new WriterTestContext(options);
        context.Files.OnFlush = path =>
        {
            if (path.StartsWith("/v1/", StringComparison.Ordinal))
            {
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
            }
        };
        var stream = await context.StartAsync();

        await context.AppendOneAsync(stream, 1, context.CreateBatch());

        Assert.Equal("v2", context.Metadata.Committed[0].Segment.Volume);
    }

    [Fact]
    public async Task A_segment_can_be_walked_and_names_its_writer()
    {
        await using var context = new WriterTestContext();
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 5, context.CreateBatch());
        await context.AppendOneAsync(stream, 6, context.CreateBatch());

        var path = $"/v1/{context.Metadata.Committed[0].Segment.Path}";
        using var walker = WalSegmentWalker.Open(context.Files, path);

        Assert.Equal(
            (FakeMetadata.ClusterId, 7, 1L),
            (walker.Header.ClusterId, walker.Header.WriterId, walker.Header.WriterEpoch));
        Assert.Equal([(1L, 5L), (2L, 6L)], walker.Walk().Select(b => (b.Header.BlockSeq, b.Directory[0].LogId.Value)));
    }
}
