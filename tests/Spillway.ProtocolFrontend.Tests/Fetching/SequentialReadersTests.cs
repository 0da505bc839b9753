using Spillway.Kafka;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

public sealed class SequentialReadersTests
{
    private const long Most = 8 << 20;
    private static readonly LogId Log = new(1);
    private readonly ManualTimeProvider _time = new();
    private readonly SequentialReaders _readers;

    public SequentialReadersTests() => _readers = new SequentialReaders(Most, 16 << 20, _time);

    [Fact]
    public void One_that_comes_for_the_first_time_is_not_read_ahead_of() => Assert.Equal(0, _readers.AheadOf(Log, 0));

    [Fact]
    public void One_that_goes_on_is_read_ahead_of_twice_as_far_each_time_up_to_a_bound()
    {
        var aheads = new List<long>();
        for (var offset = 0; offset < 70; offset += 10)
        {
            _readers.Moved(Log, offset, offset + 10);
            aheads.Add(_readers.AheadOf(Log, offset + 10));
        }

        Assert.Equal([512 << 10, 1 << 20, 2 << 20, 4 << 20, Most, Most, Most], aheads);
        Assert.Equal(1, _readers.Count);
    }

    [Fact]
    public void One_that_jumps_begins_anew()
    {
        _readers.Moved(Log, 0, 10);
        _readers.Moved(Log, 10, 20);

        Assert.Equal(0, _readers.AheadOf(Log, 500));
        Assert.Equal(0, _readers.AheadOf(new LogId(2), 20));
    }

    [Fact]
    public void All_readers_together_have_a_bound()
    {
        for (var log = 1; log <= 64; log++)
        {
            for (var offset = 0; offset < 50; offset += 10)
            {
                _readers.Moved(new LogId(log), offset, offset + 10);
            }
        }

        Assert.Equal((16 << 20) / 64, _readers.AheadOf(Log, 50));
    }

    [Fact]
    public void One_that_does_not_come_back_is_forgotten()
    {
        _readers.Moved(Log, 0, 10);
        _time.Advance(TimeSpan.FromMinutes(2));

        _readers.Moved(Log, 500, 510);

        Assert.Equal(1, _readers.Count);
        Assert.Equal(0, _readers.AheadOf(Log, 10));
    }

    [Fact]
    public void Where_it_was_in_vain_it_goes_half_as_far_and_only_slowly_further_again()
    {
        GoOn(0, 10);
        GoOn(2, 10);

        _readers.Wasted(Log, (Most / 4) - 1);
        Assert.Equal(Most, _readers.AheadOf(Log, 100)); // the odd block

        _readers.Wasted(Log, 1);
        Assert.Equal(Most / 2, _readers.AheadOf(Log, 100));
        Assert.Equal(Most, _readers.AheadOf(new LogId(2), 100)); // not its fault

        _readers.Wasted(Log, 10 * Most);
        Assert.Equal(SequentialReaders.FirstBytes, _readers.AheadOf(Log, 100));

        var seen = new List<long>();
        for (var offset = 100; offset < 100 + (10 * 16 * 6); offset += 10)
        {
            _readers.Moved(Log, offset, offset + 10);
            seen.Add(_readers.AheadOf(Log, offset + 10));
        }

        Assert.Equal(seen.Order(), seen);
        Assert.Equal(SequentialReaders.FirstBytes, seen[14]);
        Assert.Equal(SequentialReaders.FirstBytes * 2, seen[15]);
        Assert.Equal(Most, seen[^1]);

        void GoOn(long log, int times)
        {
            for (var i = 0; i < times; i++)
            {
                _readers.Moved(log == 0 ? Log : new LogId(log), i * 10, (i + 1) * 10);
            }
        }
    }

    [Fact]
    public void There_are_never_more_than_a_number()
    {
        for (var offset = 0; offset < 10_000; offset++)
        {
            _readers.Moved(Log, offset * 1000, (offset * 1000) + 1);
        }

        Assert.Equal(4096, _readers.Count);
    }
}
