using Spillway.Kafka;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Xunit;

namespace Spillway.S3Compactor.Tests.Planning;

public sealed class StretchTests
{
    private static readonly WalSegmentName A = new(1, 7, new WalSegmentLocation("v", "a"));
    private static readonly WalSegmentName B = new(2, 7, new WalSegmentLocation("v", "b"));

    [Fact]
    public void Neighbours_are_read_at_once_whatever_log_they_belong_to()
    {
        var stretch = Assert.Single(Stretch.Cover([Range(A, 5000, 100), Range(A, 100, 50), Range(A, 150, 50)]));

        Assert.Equal((100, 5000), (stretch.Position, stretch.LengthBytes));
        Assert.Equal([100, 150, 5000], stretch.Ranges.Select(r => r.Position));
    }

    [Fact]
    public void A_wide_gap_and_another_segment_end_a_stretch()
    {
        var stretches = Stretch.Cover(
            [Range(A, 0, 10), Range(A, 10 + Stretch.GapBytesMax, 10), Range(A, 21 + (2 * Stretch.GapBytesMax), 10), Range(B, 0, 10)]);

        Assert.Equal([2, 1, 1], stretches.Select(s => s.Ranges.Count));
    }

    [Fact]
    public void A_stretch_is_bounded_unless_one_range_is_longer()
    {
        var stretches = Stretch.Cover(
            [Range(A, 0, Stretch.StretchBytesMax / 2), Range(A, Stretch.StretchBytesMax / 2, Stretch.StretchBytesMax / 2),
             Range(A, Stretch.StretchBytesMax, 1), Range(A, Stretch.StretchBytesMax + 1, Stretch.StretchBytesMax + 5)]);

        Assert.Equal([Stretch.StretchBytesMax, 1, Stretch.StretchBytesMax + 5], stretches.Select(s => s.LengthBytes));
    }

    private static SegmentRange Range(WalSegmentName segment, long position, int length) =>
        new(new LogId(1), position, position, segment, position, length, 0);
}
