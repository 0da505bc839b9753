using Spillway.Storage.Wal;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

public sealed class WalSegmentReaderTests
{
    [Fact]
    public async Task A_shorter_buffer_gets_the_whole_batches_that_fit()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var block = context.CreateBlock((1, 39), (1, 139), (1, 39));
        WalTestContext.Append(segment, block, 1);
        var position = block.Header.PayloadPosition;

        Assert.Equal(300, (await context.ReadAsync(position, 400, destinationBytes: 310)).Length);
        Assert.Equal(300, (await context.ReadAsync(position, 400, destinationBytes: 399)).Length);
        Assert.Empty(await context.ReadAsync(position, 400, destinationBytes: 99));
        Assert.Equal(400, (await context.ReadAsync(position, 400)).Length);
    }

    [Fact]
    public async Task A_stale_page_is_read_again_from_a_fresh_view()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var block = context.CreateBlock((1, 500));
        WalTestContext.Append(segment, block, 1);
        var readCount = 0;
        var openedFresh = new List<bool>();
        context.Files.OnOpenRead = (_, fresh) => openedFresh.Add(fresh);
        context.Files.OnRead = (_, _, bytes) =>
        {
            if (readCount++ == 0)
            {
                // What a cached page looks like that was read before the writer filled it.
                bytes[50..].Clear();
            }

            return bytes.Length;
        };

        var read = await context.ReadAsync(block.Header.PayloadPosition, block.PayloadBytes);

        Assert.Equal(block.PayloadBytes, read.Length);
        Assert.Equal([false, true], openedFresh);
    }

    [Fact]
    public async Task Bytes_that_stay_wrong_are_never_served()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var block = context.CreateBlock((1, 500));
        WalTestContext.Append(segment, block, 1);
        context.Files.OnRead = (_, _, bytes) =>
        {
            bytes[^1] ^= 1;
            return bytes.Length;
        };

        var failure = await Assert.ThrowsAsync<WalReadException>(
            () => context.ReadAsync(block.Header.PayloadPosition, block.PayloadBytes));

        Assert.Equal(WalReadFailure.Corrupt, failure.Failure);
    }

    [Fact]
    public async Task A_range_that_does_not_begin_or_end_with_a_batch_is_corrupt()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var block = context.CreateBlock((1, 100), (1, 100));
        WalTestContext.Append(segment, block, 1);
        var position = block.Header.PayloadPosition;

        foreach (var (at, lengthBytes) in new[] { (position + 1, 161), (position, 170), (position, 160), (0L, 322) })
        {
            var failure = await Assert.ThrowsAsync<WalReadException>(() => context.ReadAsync(at, lengthBytes));
            Assert.Equal(WalReadFailure.Corrupt, failure.Failure);
        }
    }

    [Fact]
    public async Task Each_way_to_fail_has_its_kind()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment(segmentBytes: 16384);
        WalTestContext.Append(segment, context.CreateBlock((1, 100)), 1);

        Assert.Equal(WalReadFailure.Stale, await FailAsync(16000, 1000));
        context.Files.OnRead = (_, _, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.StaleHandle);
        Assert.Equal(WalReadFailure.Stale, await FailAsync(4096, 100));
        context.Files.OnRead = (_, _, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
        Assert.Equal(WalReadFailure.Failed, await FailAsync(4096, 100));
        context.Files.OnRead = null;
        context.Files.Delete(context.FullPath);
        context.Reader.Forget(WalTestContext.Location);
        Assert.Equal(WalReadFailure.Missing, await FailAsync(4096, 100));

        async Task<WalReadFailure> FailAsync(long position, int lengthBytes) =>
            (await Assert.ThrowsAsync<WalReadException>(() => context.ReadAsync(position, lengthBytes))).Failure;
    }

    [Theory]
    [InlineData("other", "a.wal")]
    [InlineData("v1", "../a.wal")]
    [InlineData("v1", "/etc/passwd")]
    public async Task A_place_outside_the_mounted_volumes_is_missing(string volume, string path)
    {
        using var context = new WalTestContext();

        var failure = await Assert.ThrowsAsync<WalReadException>(async () => await context.Reader.ReadAsync(
            new WalSegmentLocation(volume, path), 0, 100, new byte[100], TestContext.Current.CancellationToken));

        Assert.Equal(WalReadFailure.Missing, failure.Failure);
    }

    [Fact]
    public async Task Open_files_are_bounded_and_segments_stay_readable()
    {
        using var context = new WalTestContext(onDisk: true, openFilesMax: 3);
        var block = context.CreateBlock((1, 100));
        for (var i = 0; i < 10; i++)
        {
            using var segment = WalSegmentAppender.Create(
                context.Files,
                Path.Combine(context.Volume.Path, $"{i}.wal"),
                WalTestContext.Header,
                new WalSegmentSettings(16384, WalFlushMode.FdataSync, 1));
            WalTestContext.Append(segment, block, 1);
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, 200), async (i, cancellationToken) =>
        {
            var bytes = new byte[block.PayloadBytes];
            var count = await context.Reader.ReadAsync(
                new WalSegmentLocation("v1", $"{i % 10}.wal"),
                block.Header.PayloadPosition,
                bytes.Length,
                bytes,
                cancellationToken);
            Assert.Equal(bytes.Length, count);
        });

        Assert.InRange(context.Reader.OpenFileCount, 1, 3);
    }

    [Fact]
    public async Task A_stretch_gives_its_parts_whatever_lies_between_them()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var first = context.CreateBlock((1, 39), (2, 139));
        var second = context.CreateBlock((1, 239), (2, 39));
        WalTestContext.Append(segment, first, 1);
        WalTestContext.Append(segment, second, 2);
        var start = first.Header.PayloadPosition;
        var secondStart = (int)(second.Header.PayloadPosition - start);
        var stretch = new byte[secondStart + 300];

        await context.Reader.ReadPartsAsync(
            WalTestContext.Location, start, stretch, [new(0, 100), new(secondStart, 300)], TestContext.Current.CancellationToken);

        Assert.Equal(await context.ReadAsync(start, 100), stretch[..100]);
        Assert.Equal(await context.ReadAsync(second.Header.PayloadPosition, 300), stretch[secondStart..]);
    }

    [Fact]
    public async Task A_stretch_with_one_damaged_part_is_never_served()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var block = context.CreateBlock((1, 39), (2, 139), (3, 39));
        WalTestContext.Append(segment, block, 1);
        context.Files.OnRead = (_, position, bytes) =>
        {
            bytes[^1] ^= 1;
            return bytes.Length;
        };
        var stretch = new byte[400];

        var e = await Assert.ThrowsAsync<WalReadException>(() => context.Reader.ReadPartsAsync(
            WalTestContext.Location,
            block.Header.PayloadPosition,
            stretch,
            [new(0, 100), new(300, 100)],
            TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(WalReadFailure.Corrupt, e.Failure);
    }
}
