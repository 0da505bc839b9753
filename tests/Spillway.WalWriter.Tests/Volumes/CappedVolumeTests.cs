using System.Diagnostics;
using Spillway.Testing;
using Spillway.WalWriter.Tests.Load;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests.Volumes;

public sealed class CappedVolumeTests
{
    [Fact]
    public async Task At_the_cap_appends_gather_and_below_it_none_waits()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WithCaps(flushesPerSecond: 10), time);
        var stream = await context.StartWithSegmentsAsync();

        // The first needs no time to pass, and nor does the next one after a tenth of a second.
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        time.Advance(TimeSpan.FromMilliseconds(100));
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        var appends = Enumerable.Range(0, 20).Select(_ => context.AppendOneAsync(stream, 1, context.CreateBatch())).ToArray();
        time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(2, context.Metadata.Requests.Count);
        Assert.Equal(0, context.Loop.Session!.Pipeline.UnresolvedCount);
        time.Advance(TimeSpan.FromMilliseconds(51));

        await Task.WhenAll(appends).WaitAsync(WriterTestContext.LongEnough);
        Assert.Equal([1, 1, 20], context.Metadata.Requests.Select(r => r.Batches.Count));
    }

    [Fact]
    public async Task A_volume_at_its_cap_leaves_what_it_can_not_take_to_another()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WithCaps(flushesPerSecond: 1, volumeCount: 2), time);
        var stream = await context.StartWithSegmentsAsync();

        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        await context.AppendOneAsync(stream, 1, context.CreateBatch());

        Assert.Equal(["v1", "v2"], context.Metadata.Committed.Select(c => c.Segment.Volume));
    }

    [Theory]
    [InlineData(50, 0)]
    [InlineData(0, 2_000_000)]
    public async Task Under_load_a_cap_is_kept_and_used(int flushesPerSecond, int bytesPerSecond)
    {
        const int Seed = 5;
        var context = new WriterTestContext(WithCaps(flushesPerSecond, bytesPerSecond), seed: Seed);
        await using var _ = context;
        var load = new AppendLoad(context, Seed, streamCount: 8);
        var flushCount = 0;
        var writtenBytes = 0L;
        context.Files.OnFlush = _ => Interlocked.Increment(ref flushCount);
        context.Files.OnWritten = (_, lengthBytes) => Interlocked.Add(ref writtenBytes, lengthBytes);
        using var stop = new CancellationTokenSource();
        var start = Stopwatch.GetTimestamp();
        var running = load.RunAsync(int.MaxValue, stop.Token);
        await WriterTestContext.UntilAsync(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(2), "2 s have passed");
        await stop.CancelAsync();
        await running;
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await context.DisposeAsync();

        // A tenth of a second's worth at once, one block that was begun at the end, and what a busy machine makes of timers.
        var cap = flushesPerSecond > 0 ? flushesPerSecond : (double)bytesPerSecond;
        var used = flushesPerSecond > 0 ? flushCount : (double)writtenBytes;
        Assert.InRange(used / cap, 0.5 * seconds, seconds + 0.1 + (flushesPerSecond > 0 ? 0.05 : 0.5));
        load.Check();
    }

    private static WalWriterOptions WithCaps(double flushesPerSecond = 0, long bytesPerSecond = 0, int volumeCount = 1) => new()
    {
        Name = "writer-1",
        Volumes =
        [
            .. Enumerable.Range(1, volumeCount).Select(i => new WriterVolumeOptions
            {
                Name = $"v{i}",
                Path = $"/v{i}",
                FlushesPerSecondMax = flushesPerSecond,
                BytesPerSecondMax = bytesPerSecond,
            }),
        ],
        SegmentBytes = 4 << 20,
        RecentBytesMax = 0,
    };
}
