using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Testing;
using Xunit;

namespace Spillway.S3Compactor.Tests.Draining;

public sealed class DrainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sealed_segments_become_one_object_and_go()
    {
        using var context = new CompactorTestContext();
        context.AddRandomSegment();
        context.AddRandomSegment();
        var loop = await context.StartAsync();

        Assert.True(await loop.RunOnceAsync(Token));
        await context.AssertAllReadableAsync();
        Assert.True(await loop.RunOnceAsync(Token));

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
        Assert.Single(context.Objects.Keys);
        Assert.False(await loop.RunOnceAsync(Token));
    }

    [Fact]
    public async Task Consecutive_offsets_of_a_log_become_one_index_entry_whatever_segments_they_lay_in()
    {
        // Two writers take turns at one log, as two zones do.
        using var context = new CompactorTestContext();
        for (var i = 0; i < 10; i++)
        {
            context.AddSegment([[(1, 100), (2, 50)], [(1, 10)]]);
        }

        await context.RunUntilQuietAsync(await context.StartAsync());

        Assert.Single(context.Metadata.Logs[1].Entries);
        Assert.Single(context.Metadata.Logs[2].Entries);
        await context.AssertAllReadableAsync();
    }

    [Fact]
    public async Task A_log_with_much_to_move_gets_an_object_of_its_own()
    {
        using var context = new CompactorTestContext(partitionObjectBytesMin: 10_000);
        context.AddSegment([[(1, 100), (2, 6000), (3, 100)], [(2, 6000)]]);

        await context.RunUntilQuietAsync(await context.StartAsync());

        Assert.Equal(2, context.Objects.Keys.Count);
        var owners = context.Metadata.Logs.ToDictionary(l => l.Key, l => Assert.Single(l.Value.Entries).Entry.ContainerId);
        Assert.Equal(owners[1], owners[3]);
        Assert.NotEqual(owners[1], owners[2]);
        await context.AssertAllReadableAsync();
    }

    [Fact]
    public async Task A_segment_is_read_in_few_calls_and_little_more_than_once()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([.. Enumerable.Range(0, 20).Select(_ => Enumerable.Range(0, 20).Select(i => ((long)(i % 7) + 1, 900)).ToArray())]);
        var calls = 0;
        var bytesRead = 0L;
        context.Files.OnRead = (_, _, bytes) =>
        {
            Interlocked.Increment(ref calls);
            Interlocked.Add(ref bytesRead, bytes.Length);
            return bytes.Length;
        };

        await context.RunUntilQuietAsync(await context.StartAsync());

        Assert.Equal(1, calls);
        Assert.InRange(bytesRead, 20 * 20 * 961, 20 * 20 * 961 * 1.3);
        context.AssertDrained();
    }

    [Fact]
    public async Task A_range_that_somebody_rewrote_meanwhile_is_refused_and_the_others_go()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100), (2, 100)]]);
        var loop = await context.StartAsync();
        // Log 1 is rewritten between plan and commit: its entry's version is above the plan's.
        context.Metadata.BeforeCommit = () =>
        {
            var log = context.Metadata.Logs[1];
            log.RewriteVersion++;
            log.Entries[0] = log.Entries[0] with { RewriteVersion = log.RewriteVersion };
        };

        await loop.RunOnceAsync(Token);

        Assert.Equal(ContainerKind.WalSegment, context.Metadata.Logs[1].Entries[0].Entry.Kind);
        Assert.Equal(ContainerKind.Object, context.Metadata.Logs[2].Entries[0].Entry.Kind);
        Assert.False(Assert.Single(context.Metadata.Completions).Failed);
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(loop);
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task An_object_of_which_nothing_was_accepted_is_deleted()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100)]]);
        var loop = await context.StartAsync();
        context.Metadata.BeforeCommit = () => context.Metadata.Logs[1].Entries[0] = context.Metadata.Logs[1].Entries[0] with { RewriteVersion = 9 };
        context.Metadata.Logs[1].RewriteVersion = 8;
        await loop.RunOnceAsync(Token);
        var first = Assert.Single(context.Objects.Keys);
        context.Metadata.Logs[1].RewriteVersion = 9;

        await context.RunUntilQuietAsync(loop);

        Assert.DoesNotContain(first, context.Objects.Keys);
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_damaged_range_stays_where_the_index_names_it_and_the_others_go()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100), (2, 100), (3, 100)]]);
        var damaged = context.Metadata.Logs[2].Entries[0].Entry;
        context.Files.OnRead = (_, position, bytes) =>
        {
            var at = damaged.Position + 70 - position;
            if (at >= 0 && at < bytes.Length)
            {
                bytes[(int)at] ^= 1;
            }

            return bytes.Length;
        };
        var loop = await context.StartAsync();

        Assert.False(await loop.RunOnceAsync(Token));

        Assert.True(Assert.Single(context.Metadata.Completions).Failed);
        Assert.Equal(ContainerKind.WalSegment, Assert.Single(context.Metadata.Logs[2].Entries).Entry.Kind);
        Assert.Equal(ContainerKind.Object, context.Metadata.Logs[1].Entries[0].Entry.Kind);
        Assert.Equal(ContainerKind.Object, context.Metadata.Logs[3].Entries[0].Entry.Kind);
        Assert.Single(context.SegmentPaths);
        await context.AssertAllReadableAsync();
    }

    [Fact]
    public async Task Bytes_that_are_not_the_offsets_the_index_says_are_not_moved()
    {
        using var context = new CompactorTestContext();
        context.AddSegment([[(1, 100), (2, 100)]]);
        context.Metadata.Logs[1].Entries[0].Entry.LastOffset += 1;
        var loop = await context.StartAsync();

        await loop.RunOnceAsync(Token);

        Assert.True(Assert.Single(context.Metadata.Completions).Failed);
        Assert.Equal(ContainerKind.WalSegment, context.Metadata.Logs[1].Entries[0].Entry.Kind);
        Assert.Equal(ContainerKind.Object, context.Metadata.Logs[2].Entries[0].Entry.Kind);
    }

    [Fact]
    public async Task A_store_that_is_away_leaves_everything_for_another_try()
    {
        using var context = new CompactorTestContext();
        context.AddRandomSegment();
        context.Store.FailNext(ObjectRequestKind.Put);
        var loop = await context.StartAsync();

        Assert.False(await loop.RunOnceAsync(Token));
        Assert.True(Assert.Single(context.Metadata.Completions).Failed);
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(loop);

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Theory]
    [InlineData("PrepareObject")]
    [InlineData("CommitObject")]
    [InlineData("CompleteJob")]
    public async Task An_answer_of_metadata_that_is_lost_is_asked_for_again(string call)
    {
        using var context = new CompactorTestContext();
        context.AddRandomSegment();
        context.Metadata.LoseAnswers(call, 2);

        await context.RunUntilQuietAsync(await context.StartAsync());

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task An_object_that_comes_too_late_is_not_committed_and_is_deleted()
    {
        using var context = new CompactorTestContext();
        context.AddRandomSegment();
        context.Metadata.BeforeCommit = context.Metadata.PassMuchTime;
        var loop = await context.StartAsync();
        await loop.RunOnceAsync(Token);
        await context.AssertAllReadableAsync();
        Assert.All(context.Metadata.Logs.Values.SelectMany(l => l.Entries), e => Assert.Equal(ContainerKind.WalSegment, e.Entry.Kind));

        await context.RunUntilQuietAsync(loop);

        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_drain_whose_object_came_too_late_has_failed_and_is_tried_again()
    {
        using var context = new CompactorTestContext();
        context.AddRandomSegment();
        context.Metadata.BeforeCommit = context.Metadata.ExpireUploads;
        var loop = await context.StartAsync();

        await loop.RunOnceAsync(Token);

        Assert.True(context.Metadata.Completions[^1].Failed, "nothing is drained, so metadata is to count a failure");
        await context.RunUntilQuietAsync(loop);
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task Two_compactors_with_the_same_ranges_leave_one_copy()
    {
        // The first one's lease runs out while it writes; the second does all of the work; then the first goes on.
        using var context = new CompactorTestContext();
        context.AddRandomSegment();
        JobLoop? second = null;
        var points = new CrashPoints
        {
            OnPass = point =>
            {
                if (point == FailPoint.ObjectStored)
                {
                    context.Metadata.NowMs += MiniMetadata.LeaseMs + 1;
                }
            },
        };
        var session = new CompactorSession();
        session.Begin(new(1, context.Metadata.Epoch, TimeSpan.FromSeconds(10)));
        var first = context.CreateLoop(session, points);
        context.Metadata.BeforeCommit = () =>
        {
            second = context.CreateLoop(session, NoFailPoints.Instance);
            while (second.RunOnceAsync(Token).AsTask().GetAwaiter().GetResult())
            {
            }
        };

        await first.RunOnceAsync(Token);

        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(second!);
        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_job_whose_lease_is_lost_is_given_up()
    {
        var time = new ManualTimeProvider();
        using var context = new CompactorTestContext { Time = time };
        context.AddRandomSegment();
        var loop = await context.StartAsync();
        context.Store.BeforeRequest = async (kind, _) =>
        {
            // While the put is under way somebody else registers; the next renewal says so.
            context.Metadata.Fence();
            var renewals = context.Metadata.RenewCount;
            while (context.Metadata.RenewCount == renewals)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        };

        Assert.True(await loop.RunOnceAsync(Token));

        Assert.Empty(context.Metadata.Completions);
        context.Store.BeforeRequest = null;
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(await context.StartAsync());
        context.AssertDrained();
        context.AssertNothingLeaks();
    }
}
