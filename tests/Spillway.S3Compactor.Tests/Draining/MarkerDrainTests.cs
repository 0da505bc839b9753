using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.Draining;

/// <summary>Markers go into objects as control batches, at their places among the data, and the index keeps no entry for them.</summary>
public sealed class MarkerDrainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Data_and_markers_become_one_index_entry_in_their_order()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100), (2, 50)]]);
        context.AddMarker(1, producerId: 7);
        context.AddMarker(1, producerId: 8, commit: false);
        context.AddSegment([[(1, 100)], [(1, 300)]]);
        context.AddMarker(1, producerId: 7, commit: false);

        await context.RunUntilQuietAsync(await context.StartAsync());

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
        Assert.Single(context.Metadata.Logs[1].Entries);
    }

    [Fact]
    public async Task A_job_of_markers_alone_is_done()
    {
        using var context = new CompactorTestContext();
        for (var i = 0; i < 300; i++)
        {
            context.AddMarker(1 + (i % 3), producerId: i, commit: i % 2 == 0);
        }

        await context.RunUntilQuietAsync(await context.StartAsync());

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        Assert.Equal(1, context.Objects.CountRequests(ObjectRequestKind.Put));
    }

    [Fact]
    public async Task A_range_that_cannot_be_read_keeps_its_place_among_markers_that_go()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100)]]);
        context.AddMarker(1, producerId: 7);
        var bad = context.AddSegment([[(1, 100)]]);
        context.AddMarker(1, producerId: 7);
        context.AddSegment([[(1, 100)]]);
        var isDamaged = true;
        context.Files.OnRead = (path, _, bytes) =>
        {
            bytes[^1] ^= (byte)(isDamaged && path.Contains($"{bad:x8}", StringComparison.Ordinal) ? 1 : 0);
            return bytes.Length;
        };
        var loop = await context.StartAsync();

        await loop.RunOnceAsync(Token);
        await context.AssertAllReadableAsync();
        Assert.Equal(
            [ContainerKind.Object, ContainerKind.WalSegment, ContainerKind.Object],
            context.Metadata.Logs[1].Entries.Select(static entry => entry.Entry.Kind));

        isDamaged = false;
        await context.RunUntilQuietAsync(loop);
        await context.AssertAllReadableAsync();
        context.AssertDrained();
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task Whatever_the_order_of_data_markers_and_drains_every_offset_reads_as_it_was_acknowledged(int seed)
    {
        using var context = new CompactorTestContext(seed, objectBytesTarget: 20_000, partitionObjectBytesMin: 15_000);
        var first = await context.StartAsync();
        for (var step = 0; step < 60; step++)
        {
            switch (context.Random.Next(4))
            {
                case 0:
                    context.AddRandomSegment(blockCount: 2);
                    break;
                case 1:
                    await first.RunOnceAsync(Token);
                    break;
                default:
                    context.AddMarker(context.Random.Next(1, 6), producerId: step, commit: context.Random.Next(2) == 0);
                    break;
            }

            await context.AssertAllReadableAsync();
        }

        await context.RunUntilQuietAsync(first);
        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }
}
