namespace Spillway.Rpc.Tests.Wire;

public class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("10S", 100_000_000)]
    [InlineData("250m", 2_500_000)]
    [InlineData("3u", 30)]
    [InlineData("700n", 7)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    public void A_timeout_of_each_unit_is_read(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("5x")]
    [InlineData("-5S")]
    [InlineData(" 5S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    public void What_is_no_timeout_is_not_read(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Fact]
    public void What_is_written_is_read_back_no_shorter_and_within_one_part_in_a_hundred_thousand()
    {
        const int seed = 20260;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++)
        {
            var ticks = (long)Math.Pow(10, random.NextDouble() * 17);

            var text = GrpcTimeout.Format(TimeSpan.FromTicks(ticks));

            Assert.True(GrpcTimeout.TryParse(text, out var timeout), text);
            Assert.InRange(timeout.Ticks, ticks, ticks + 10 + (ticks / 100_000));
        }
    }
}
