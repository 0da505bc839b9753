using Spillway.Testing;
using Spillway.Testing.Wal;
using Spillway.WalWriter.Tests.Load;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests.Volumes;

public sealed class SeveralVolumesTests
{
    [Fact]
    public async Task Volumes_fill_evenly_and_one_at_a_time_where_one_is_enough()
    {
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(flushThreads: 1, segmentBytes: 64 << 10, volumeCount: 3));
        var stream = await context.StartWithSegmentsAsync();

        for (var i = 0; i < 24; i++)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch(20_000));
            await context.UntilReadyAsync();
        }

        // Three blocks fill a segment; the fourth takes the next one there and passes the turn on.
        var volumes = context.Metadata.Committed.Select(c => c.Segment.Volume).ToList();
        Assert.Equal([.. Enumerable.Repeat("v1", 4), .. Enumerable.Repeat("v2", 4), .. Enumerable.Repeat("v3", 4)], volumes.Take(12));
        Assert.All(volumes.CountBy(v => v), count => Assert.InRange(count.Value, 6, 10));
    }

    [Fact]
    public async Task By_age_they_go_in_turn_too()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WriterTestContext.CreateOptions(flushThreads: 1, rollInterval: TimeSpan.FromSeconds(60), volumeCount: 2), time);
        var stream = await context.StartWithSegmentsAsync();

        for (var i = 0; i < 4; i++)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch());
            await context.UntilReadyAsync();
            time.Advance(TimeSpan.FromSeconds(62));
        }

        Assert.Equal(["v1", "v2", "v1", "v2"], context.Metadata.Committed.Select(c => c.Segment.Volume));
    }

    [Fact]
    public async Task A_draining_volume_gets_no_segment()
    {
        await using var context = new WriterTestContext(WithStates(VolumeState.Draining, VolumeState.Active));
        var stream = await context.StartAsync();

        for (var i = 0; i < 10; i++)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch(20_000));
        }

        Assert.True(context.Metadata.Segments.Count > 2);
        Assert.All(context.Metadata.Segments.Values, segment => Assert.Equal("v2", segment.Volume));
    }

    [Fact]
    public async Task A_volume_that_fails_is_left_alone_while_another_works_and_tried_again()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(flushThreads: 1, volumeCount: 2), time);
        var isFailing = true;
        context.Files.OnFlush = path => FailOnV1(isFailing, path);
        context.Files.OnPreallocate = path => FailOnV1(isFailing, path);
        var stream = await context.StartAsync();

        // Whatever comes meanwhile goes to the other one, and few segments are tried on the first.
        var seconds = 0;
        while (TriedCount() < 10)
        {
            await context.AppendOneAsync(stream, 1, context.CreateBatch());
            time.Advance(TimeSpan.FromSeconds(1));
            seconds++;
        }

        Assert.All(context.Metadata.Committed, c => Assert.Equal("v2", c.Segment.Volume));
        Assert.InRange(TriedCount(), 10, seconds + 10);
        isFailing = false;
        await WriterTestContext.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return context.Loop.Session!.Pipeline.Slots[0].Next is not null;
            },
            "the volume has a segment again");
        await context.UntilReadyAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        Assert.Equal("v1", context.Metadata.Committed[^1].Segment.Volume);

        int TriedCount() => context.Metadata.Segments.Values.Count(s => s.Volume == "v1");
    }

    // A volume is added, then another one drained, each by a restart with another configuration, while clients append.
    [Fact]
    public async Task Volumes_come_and_go_under_load_and_nothing_is_lost()
    {
        const int Seed = 11;
        var context = new WriterTestContext(WithStates(VolumeState.Active), seed: Seed);
        await using var _ = context;
        var load = new AppendLoad(context, Seed);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(int.MaxValue, stop.Token);
        await GoOnAsync();
        Assert.All(context.Metadata.Segments.Values, segment => Assert.Equal("v1", segment.Volume));

        await context.RestartAsync(WithStates(VolumeState.Active, VolumeState.Active));
        await GoOnAsync();
        Assert.Contains(context.Metadata.Committed, c => c.Segment.Volume == "v2");

        await context.RestartAsync(WithStates(VolumeState.Draining, VolumeState.Active));
        var drainingSegments = context.Metadata.Segments.Values.Where(s => s.Volume == "v1").ToList();
        await GoOnAsync();
        await stop.CancelAsync();
        await running;
        Assert.Equal(drainingSegments, context.Metadata.Segments.Values.Where(s => s.Volume == "v1"));
        Assert.All(drainingSegments, segment => Assert.True(segment.IsSealed));
        await context.DisposeAsync();

        context.Memory.LosePower();
        load.Check();

        async Task GoOnAsync()
        {
            var count = load.AcknowledgedCount;
            await WriterTestContext.UntilAsync(() => load.AcknowledgedCount > count + 500, "the load goes on");
        }
    }

    private static void FailOnV1(bool isFailing, string path)
    {
        if (isFailing && path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
        }
    }

    private static WalWriterOptions WithStates(params VolumeState[] states) => new()
    {
        Name = "writer-1",
        Volumes = [.. states.Select((state, i) => new WriterVolumeOptions { Name = $"v{i + 1}", Path = $"/v{i + 1}", State = state })],
        SegmentBytes = 64 << 10,
        RecentBytesMax = 0,
    };
}
