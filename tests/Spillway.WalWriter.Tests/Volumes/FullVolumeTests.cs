using Spillway.Kafka.Errors;
using Spillway.Testing;
using Spillway.Testing.Wal;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests.Volumes;

public sealed class FullVolumeTests
{
    private const int SegmentBytes = 64 << 10;

    // P6: past the budget of WAL bytes producers are slowed down, and nothing they sent is dropped.
    [Fact]
    public async Task Past_its_budget_appends_wait_and_go_on_when_compactors_have_made_room()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WithBudget(4 * SegmentBytes), time);
        var stream = await context.StartAsync();
        var appends = Enumerable.Range(0, 30).Select(_ => context.AppendOneAsync(stream, 1, context.CreateBatch(20_000))).ToArray();
        var space = context.Loop.Session!.Pipeline.Slots[0].Volume.Space;

        await UntilAsync(time, () => space.IsFull, "there is no more room");
        await UntilAsync(time, () => context.Metadata.Segments.Values.All(s => s.IsSealed), "what is there is sealed, so that it can be drained");
        Assert.Equal(4, context.Metadata.Segments.Count);
        Assert.Equal(4 * SegmentBytes, space.UsedBytes);
        Assert.Equal(12, appends.Count(append => append.IsCompleted));

        while (appends.Any(append => !append.IsCompleted))
        {
            // As a compactor does, a segment at a time.
            var next = context.Memory.Paths is [var first, ..] ? first : null;
            if (next is not null && context.Metadata.Segments.Values.Any(s => $"/v1/{s.Path}" == next && s.IsSealed))
            {
                context.Memory.Delete(next);
            }

            Assert.True(space.UsedBytes <= 4 * SegmentBytes);
            await StepAsync(time);
        }

        Assert.Equal(Enumerable.Range(0, 30).Select(i => (long)i), await Task.WhenAll(appends));
        Assert.Equal(1, context.Metadata.Epoch);
    }

    [Fact]
    public async Task Without_compactors_appends_are_refused_in_time_and_the_epoch_lives_on()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(
            WithBudget(4 * SegmentBytes, inFlightBytesMax: 1 << 20, appendTimeout: TimeSpan.FromSeconds(20)), time);
        var stream = await context.StartAsync();
        var space = context.Loop.Session!.Pipeline.Slots[0].Volume.Space;
        var appends = Enumerable.Range(0, 200).Select(_ => context.AppendAsync(stream, (1, context.CreateBatch(20_000)))).ToArray();

        // What waits to be read is refused too: its stream must not stay as it is.
        await UntilAsync(time, () => space.IsFull, "there is no more room");
        var reservation = stream.ReserveAsync(20_000, CancellationToken.None);
        Assert.False(reservation.IsCompleted);
        for (var second = 0; second < 25; second++)
        {
            await StepAsync(time);
        }

        var results = await Task.WhenAll(appends).WaitAsync(WriterTestContext.LongEnough);
        Assert.Equal(12, results.Count(r => r.Error == ErrorCode.None));
        Assert.All(results.Skip(12), r => Assert.True(r.Error is ErrorCode.KafkaStorageError or ErrorCode.NotLeaderOrFollower));
        Assert.False(await reservation);
        Assert.True(stream.IsBroken);
        Assert.Equal(0, context.Budget.HeldBytes);
        Assert.Equal(1, context.Metadata.Epoch);
    }

    [Fact]
    public async Task A_volume_with_room_takes_what_a_full_one_does_not()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WithBudget(4 * SegmentBytes, volumeCount: 2), time);
        context.Memory.CreateExclusive("/v1/other-writer.wal", Storage.Wal.WalFlushMode.FdataSync).Preallocate(4 * SegmentBytes);
        var stream = await context.StartAsync();
        await StepAsync(time);

        await context.AppendOneAsync(stream, 1, context.CreateBatch());

        Assert.Equal("v2", context.Metadata.Committed[0].Segment.Volume);
        Assert.All(context.Metadata.Segments.Values, segment => Assert.Equal("v2", segment.Volume));
    }

    // P5 where there is nowhere else to go: tried again now and then, and not as fast as metadata gives out segments.
    [Fact]
    public async Task A_volume_whose_flushes_fail_for_want_of_space_is_tried_now_and_then_and_used_again()
    {
        var time = new ManualTimeProvider();
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(), time);
        var isFull = false;
        context.Files.OnFlush = _ =>
        {
            if (isFull)
            {
                throw FaultyWalFileSystem.Error(FaultyWalFileSystem.NoSpace);
            }
        };
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch());
        isFull = true;
        var appends = Enumerable.Range(0, 5).Select(_ => context.AppendOneAsync(stream, 1, context.CreateBatch())).ToArray();

        for (var i = 0; i < 100; i++)
        {
            await StepAsync(time, TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(context.Metadata.Segments.Count, 5, 20);
        isFull = false;
        await UntilAsync(time, () => appends.All(append => append.IsCompleted), "the volume is used again");
        Assert.Equal(Enumerable.Range(1, 5).Select(i => (long)i), await Task.WhenAll(appends));
    }

    private static async Task UntilAsync(ManualTimeProvider time, Func<bool> condition, string what)
    {
        for (var step = 0; !condition(); step++)
        {
            Assert.True(step < 3000, $"it did not happen that {what}");
            await StepAsync(time, TimeSpan.FromMilliseconds(100));
        }
    }

    // Time passes, and what it sets off on other threads gets some too.
    private static async Task StepAsync(ManualTimeProvider time, TimeSpan? by = null)
    {
        time.Advance(by ?? TimeSpan.FromSeconds(1));
        await Task.Delay(5, TestContext.Current.CancellationToken);
    }

    private static WalWriterOptions WithBudget(
        long bytesMax, int volumeCount = 1, long inFlightBytesMax = 64 << 20, TimeSpan? appendTimeout = null) => new()
        {
            Name = "writer-1",
            Volumes =
            [
                .. Enumerable.Range(1, volumeCount)
                    .Select(i => new WriterVolumeOptions { Name = $"v{i}", Path = $"/v{i}", BytesMax = bytesMax }),
            ],
            SegmentBytes = SegmentBytes,
            BlockBatchesMax = 1,
            InFlightBytesMax = inFlightBytesMax,
            AppendTimeout = appendTimeout ?? TimeSpan.FromHours(1),
            RecentBytesMax = 0,
        };
}
