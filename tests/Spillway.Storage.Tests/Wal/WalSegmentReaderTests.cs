using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

/// <summary>What is read where the view is as it should be. For views that are not, see StaleViewTests.</summary>
public sealed class WalSegmentReaderTests
{
    [Fact]
    public async Task A_range_is_read_through_a_file_that_stays_open()
    {
        using var context = new WalTestContext();
        using var segment = context.CreateSegment();
        var block = context.CreateBlock((1, 39), (1, 139));
        WalTestContext.Append(segment, block, 1);
        var openedFresh = new List<bool>();
        context.Files.OnOpenRead = (_, fresh) => openedFresh.Add(fresh);

        var all = await context.ReadAsync(block.Header.PayloadPosition, 300, isConfirmed: false);
        var second = await context.ReadAsync(block.Header.PayloadPosition + 100, 200);

        Assert.Equal(all[100..], second);
        Assert.Equal([false], openedFresh);
        Assert.Equal(1, context.Reader.OpenFileCount);
        Assert.Equal(2, context.CountReads("open_file"));
        Assert.Equal(500, context.Counters["spillway.wal.read", "test", "open_file"]);
        Assert.Equal(0, context.Buffers.RentedBytes);
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
            Assert.Equal(WalReadFailure.Corrupt, await context.FailAsync(at, lengthBytes));
        }

        Assert.Equal(0, context.Buffers.RentedBytes);
    }

    [Theory]
    [InlineData("other", "a.wal")]
    [InlineData("v1", "../a.wal")]
    [InlineData("v1", "/etc/passwd")]
    public async Task A_place_outside_the_mounted_volumes_is_missing(string volume, string path)
    {
        using var context = new WalTestContext();
        var read = new WalRead(new WalSegmentName(1, 1, new WalSegmentLocation(volume, path)), 0, 100);

        var failure = await Assert.ThrowsAsync<WalReadException>(() => context.ReadAsync(read));

        Assert.Equal(WalReadFailure.Missing, failure.Failure);
    }

    [Fact]
    public async Task Open_files_are_bounded_and_segments_stay_readable()
    {
        using var context = new WalTestContext(onDisk: true, WalTestContext.Impatient with { OpenFilesMax = 3 });
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
            var segment = new WalSegmentName(i % 10, 7, new WalSegmentLocation("v1", $"{i % 10}.wal"));
            using var buffer = await context.Reader.ReadAsync(
                new WalRead(segment, block.Header.PayloadPosition, block.PayloadBytes), cancellationToken);
            Assert.Equal(block.PayloadBytes, buffer.Length);
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

        var stretch = await context.ReadAsync(
            new WalRead(WalTestContext.Segment, start, secondStart + 300) { Parts = [new(0, 100), new(secondStart, 300)] });

        Assert.Equal(await context.ReadAsync(start, 100), stretch[..100]);
        Assert.Equal(await context.ReadAsync(second.Header.PayloadPosition, 300), stretch[secondStart..]);
    }

    [Fact]
    public async Task A_stretch_with_one_damaged_part_is_never_served_and_left_to_its_parts()
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
        var read = new WalRead(WalTestContext.Segment, block.Header.PayloadPosition, 400)
        {
            IsConfirmed = true,
            Parts = [new(0, 100), new(300, 100)],
        };

        var e = await Assert.ThrowsAsync<WalReadException>(() => context.ReadAsync(read));

        Assert.Equal(WalReadFailure.Corrupt, e.Failure);
        Assert.Empty(context.Writer.Asked);
        Assert.Equal(0, context.Counters["spillway.wal.read.unreadable", "test", "corrupt"]);
    }
}
