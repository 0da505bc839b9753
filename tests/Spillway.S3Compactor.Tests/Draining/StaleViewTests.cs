using Spillway.Rpc.Metadata;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.S3Compactor.Tests.Draining;

/// <summary>
/// Drains over a view of the volume that is behind. Goal: what was acknowledged ends in objects as it was, and where no way leads to its bytes it
/// stays where the index names it, to be tried again.
/// </summary>
public sealed class StaleViewTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_that_was_cached_too_early_is_read_from_a_fresh_view()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 9000), (2, 9000)]]);
        var openedFresh = new List<bool>();
        context.Files.OnOpenRead = (_, fresh) => openedFresh.Add(fresh);
        context.Files.OnRead = (_, _, bytes) =>
        {
            if (!openedFresh[^1])
            {
                bytes[4096..8192].Clear();
            }

            return bytes.Length;
        };

        await context.RunUntilQuietAsync(await context.StartAsync());

        Assert.Contains(true, openedFresh);
        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task What_the_volume_does_not_show_is_drained_from_the_memory_of_its_writer()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100), (2, 100), (3, 100)]]);
        context.Files.OnOpenRead = (path, _) => throw new FileNotFoundException("scripted", path);
        context.Writer.Answer = context.ReadSegment;
        var loop = await context.StartAsync();

        await context.RunUntilQuietAsync(loop);

        Assert.All(context.Writer.Asked, asked => Assert.Equal(7, asked.Segment.WriterId));
        Assert.Equal(3, context.Writer.Asked.Count);
        Assert.False(Assert.Single(context.Metadata.Completions, c => c.Failed || c.Deleted.Count == 0).Failed);
        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task What_nobody_gives_intact_fails_the_job_and_is_drained_when_it_can_be()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100)], [(2, 100)]]);
        context.Files.OnRead = (_, _, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.StaleHandle);
        context.Writer.Answer = (segment, position, lengthBytes) =>
        {
            var bytes = context.ReadSegment(segment, position, lengthBytes);
            bytes[^1] ^= 1;
            return bytes;
        };
        var loop = await context.StartAsync();

        Assert.False(await loop.RunOnceAsync(Token));

        Assert.True(Assert.Single(context.Metadata.Completions).Failed);
        Assert.Empty(context.Objects.Keys);
        Assert.All(
            context.Metadata.Logs.Values.SelectMany(log => log.Entries),
            entry => Assert.Equal(ContainerKind.WalSegment, entry.Entry.Kind));
        await context.AssertAllReadableAsync();

        context.Files.OnRead = null;
        await context.RunUntilQuietAsync(loop);

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }
}
