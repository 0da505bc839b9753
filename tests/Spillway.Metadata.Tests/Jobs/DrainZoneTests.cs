using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Jobs;

/// <summary>Drains by zone. Goal: bytes are drained where their writer has them in memory, and nobody waits for somebody who does not come.</summary>
public sealed class DrainZoneTests
{
    private const int Target = 3_000;
    private const int AgeMs = 4_000;
    private const int PatienceMs = 2_000;

    private readonly StateContext _context = new();
    private readonly long[] _logs;
    private readonly Dictionary<string, TestWriter> _writers = [];
    private readonly Dictionary<long, string> _zones = [];

    public DrainZoneTests() => _logs = _context.CreateTopic(partitions: 3);

    [Fact]
    public void Each_compactor_is_given_what_writers_of_its_zone_wrote()
    {
        var (a, b) = (NewCompactor("a"), NewCompactor("b"));
        Write("a", Target);
        Write("b", Target);
        Write("a", Target);

        Assert.Equal("b", Drained(b));
        Assert.Equal("a", Drained(a));
        Assert.Equal("a", Drained(a));
        Assert.Null(b.Acquire().Job);
    }

    [Fact]
    public void What_nobody_of_its_zone_came_for_is_anybodys_after_the_patience()
    {
        var b = NewCompactor("b");
        NewCompactor("a");
        Write("a", Target);

        _context.NowMs += AgeMs + PatienceMs - 1;
        Assert.Null(b.Acquire().Job);
        _context.NowMs++;
        Assert.Equal("a", Drained(b));
    }

    [Fact]
    public void Without_a_living_compactor_in_its_zone_a_segment_waits_for_nobody()
    {
        var b = NewCompactor("b");
        Write("a", Target);
        Assert.Equal("a", Drained(b));

        var a = NewCompactor("a");
        Write("a", Target);
        Assert.Null(b.Acquire().Job);
        _context.Apply<DeregisterReply>(new Command
        {
            DeregisterNode = new DeregisterRequest { Kind = NodeKind.Compactor, NodeId = a.Id, Epoch = a.Epoch },
        });
        Assert.Equal("a", Drained(b));
    }

    [Theory]
    [InlineData("", "a")]
    [InlineData("b", "")]
    public void Of_whom_no_zone_is_known_nobody_is_preferred(string compactorZone, string writerZone)
    {
        NewCompactor("a");
        var asking = NewCompactor(compactorZone, "asking");
        Write(writerZone, Target);

        Assert.Equal(writerZone, Drained(asking));
    }

    // Its memory went with it.
    [Fact]
    public void The_segments_of_a_writer_that_has_gone_are_anybodys()
    {
        NewCompactor("a");
        var b = NewCompactor("b");
        Write("a", Target);
        Assert.Null(b.Acquire().Job);

        _context.NewWriter("wa", "a new process", "a");

        Assert.Equal("a", Drained(b));
    }

    [Fact]
    public void What_failed_once_is_anybodys()
    {
        var (a, b) = (NewCompactor("a"), NewCompactor("b"));
        Write("a", Target);
        Assert.True(a.Acquire().Job is { } job && !a.Complete(job, failed: true).Lost);
        _context.NowMs += 5_000;
        Write("a", Target);

        Assert.Equal("a", Drained(b));
        Assert.Null(b.Acquire().Job);
    }

    [Fact]
    public void More_than_a_zone_will_have_drained_soon_is_anybodys_until_it_is_less()
    {
        NewCompactor("a");
        var b = NewCompactor("b");
        for (var i = 0; i < 4; i++)
        {
            Assert.Null(b.Acquire().Job);
            Write("a", Target);
        }

        Assert.Equal("a", Drained(b));
        Assert.Null(b.Acquire().Job);
    }

    [Fact]
    public void A_drain_of_a_third_or_more_keeps_to_one_zone()
    {
        var a = NewCompactor("a");
        NewCompactor("b");
        Write("b", Target / 2);
        Write("a", Target / 3);
        _context.NowMs += AgeMs;

        Assert.Equal("a", Drained(a));
        Assert.Null(a.Acquire().Job);
    }

    // Or three zones with little in each would cost three objects in the time of one.
    [Fact]
    public void A_smaller_one_takes_others_up_to_a_third()
    {
        var a = NewCompactor("a");
        NewCompactor("b");
        Write("b", (Target / 3) - 100);
        Write("b", 100);
        Write("a", 100);
        _context.NowMs += AgeMs;
        Write("b", 100);

        Assert.Equal("ab", Drained(a));
        Assert.Null(a.Acquire().Job);
        Assert.Equal(200, _context.State.Containers.DrainableBytes);
    }

    [Fact]
    public void Bytes_that_wait_for_others_make_no_drain_due()
    {
        var a = NewCompactor("a");
        NewCompactor("b");
        Write("b", Target);
        Write("a", 100);

        Assert.Null(a.Acquire().Job);
    }

    // Who is behind with its own goes on with it, but not for ever.
    [Fact]
    public void What_others_left_comes_behind_what_is_a_little_younger_and_before_what_is_much_younger()
    {
        var a = NewCompactor("a");
        NewCompactor("b");
        Write("b", Target);
        _context.NowMs += PatienceMs - 1;
        Write("a", Target);
        _context.NowMs += 2;
        Write("a", Target);
        _context.NowMs += AgeMs + PatienceMs;

        Assert.Equal("a", Drained(a));
        Assert.Equal("b", Drained(a));
        Assert.Equal("a", Drained(a));
    }

    // Zones without a compactor are nobody's home, so one compactor for all zones has what it always had.
    [Fact]
    public void One_compactor_for_all_zones_is_given_the_oldest_of_all()
    {
        var a = NewCompactor("a");
        foreach (var zone in new[] { "b", "a", "c", "a", "b" })
        {
            Write(zone, Target / 3);
            _context.NowMs++;
        }

        Assert.Equal("bac", Drained(a));
        _context.NowMs += AgeMs;
        Assert.Equal("ab", Drained(a));
    }

    // A leader of the build before sends no patience, and all nodes have to come to the same jobs.
    [Fact]
    public void A_command_without_a_patience_gives_to_whoever_asks_first()
    {
        NewCompactor("a");
        var b = NewCompactor("b");
        b.DrainZonePatienceMs = 0;
        Write("a", Target / 2);
        Write("b", Target / 2);

        Assert.Equal("ab", Drained(b));
    }

    private TestCompactor NewCompactor(string zone, string? name = null)
    {
        var compactor = _context.NewCompactor(name ?? $"c{zone}", zone: zone);
        (compactor.DrainBytesTarget, compactor.DrainAgeMs, compactor.DrainZonePatienceMs) = (Target, AgeMs, PatienceMs);
        return compactor;
    }

    /// <summary>A sealed segment of the zone's writer.</summary>
    private void Write(string zone, int bytes)
    {
        if (!_writers.TryGetValue(zone, out var writer))
        {
            _writers.Add(zone, writer = _context.NewWriter($"w{zone}", zone: zone));
        }

        writer.Open();
        _zones.Add(writer.SegmentId, zone);
        writer.CommitOne(_context.Batch(_logs[0], length: bytes));
        writer.Seal();
    }

    /// <summary>Carries the next job out, and gives the zones of what it was about, in the order of the segments.</summary>
    private string? Drained(TestCompactor compactor)
    {
        if (compactor.Acquire().Job is not { Kind: JobKind.Drain } job)
        {
            return null;
        }

        compactor.Drain(job);
        compactor.Complete(job);
        return string.Concat(job.Containers.Select(segment => _zones[segment.ContainerId]));
    }
}
