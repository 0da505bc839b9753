using Spillway.ServiceDefaults.Configuration;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests;

public sealed class WalWriterOptionsTests
{
    [Fact]
    public void All_errors_are_told_at_once()
    {
        var errors = new OptionsErrors(WalWriterOptions.Section);

        WalWriterOptions.Validate(
            new WalWriterOptions
            {
                Name = "",
                AdvertisedAddress = "not a url",
                SegmentBytes = 5,
                FlushThreads = 0,
                Volumes = [new WriterVolumeOptions { Name = "a", Path = "/x" }, new WriterVolumeOptions { Name = "a", Path = "/y" }],
            },
            errors);

        Assert.Equal(5, errors.Failures.Count);
        Assert.All(errors.Failures, f => Assert.StartsWith("Spillway:WalWriter:", f, StringComparison.Ordinal));
    }

    [Fact]
    public void Defaults_with_one_volume_are_fine()
    {
        var errors = new OptionsErrors(WalWriterOptions.Section);

        WalWriterOptions.Validate(
            new WalWriterOptions { Volumes = [new WriterVolumeOptions { Name = "a", Path = "/x" }] }, errors);

        Assert.Empty(errors.Failures);
    }

    [Theory]
    [InlineData("wal", 250, 8 << 20, 0)]
    [InlineData("prod/wal", 0, 64 << 10, 0)]
    [InlineData("/wal", 250, 8 << 20, 1)]
    [InlineData("wal//x", 250, 8 << 20, 1)]
    [InlineData("wal", -1, 8 << 20, 1)]
    [InlineData("wal", 250, (32 << 20) + 1, 1)]
    public void A_volume_in_the_object_store_has_a_legal_prefix_and_puts_within_bounds(
        string path, int lingerMs, int blockBytes, int errorCount)
    {
        var errors = new OptionsErrors(WalWriterOptions.Section);

        WalWriterOptions.Validate(
            new WalWriterOptions
            {
                Volumes = [new WriterVolumeOptions { Name = "a", Path = path, Kind = WalVolumeKind.S3 }],
                S3 = new S3WriterOptions { Linger = TimeSpan.FromMilliseconds(lingerMs), BlockBytes = blockBytes },
            },
            errors);

        Assert.Equal(errorCount, errors.Failures.Count);
    }

    // A drain needs a whole segment and what comes in meanwhile; a small machine gives less, and a large one no more.
    [Theory]
    [InlineData(-1, 256, 64L << 10, 768)]
    [InlineData(-1, 256, 2L << 10, 256)]
    [InlineData(-1, 256, 100, 64)]
    [InlineData(-1, 1, 64L << 10, 64)]
    [InlineData(0, 256, 64L << 10, 0)]
    [InlineData(5, 256, 64L << 10, 5)]
    public void Recent_blocks_have_room_for_what_is_not_drained_yet_or_a_share_of_the_memory(
        long mebibytes, long segmentMebibytes, long memoryMebibytes, long expectedMebibytes)
    {
        var options = new WalWriterOptions
        {
            RecentBytesMax = mebibytes < 0 ? mebibytes : mebibytes << 20,
            SegmentBytes = segmentMebibytes << 20,
        };

        Assert.Equal(expectedMebibytes << 20, options.FindRecentBytesMax(memoryMebibytes << 20));
    }
}
