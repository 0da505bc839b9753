using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.Merging;

/// <summary>Goal: many small entries become one, and S1 to S3 hold whoever else is at them and whatever the store does.</summary>
public sealed class MergeTests
{
    private static readonly string[] MergePoints = [.. FailPoint.All.Where(static p => p.Contains(".merge-", StringComparison.Ordinal))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, int> Crashes
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var failPoint in FailPoint.All)
            {
                data.Add(failPoint, 1);
                data.Add(failPoint, 2);
            }

            return data;
        }
    }

    [Fact]
    public async Task Small_entries_of_many_logs_become_one_each_and_their_objects_go()
    {
        using var context = await CreateAsync(drains: 5);
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Equal(5, log.Entries.Count));
        var gets = context.Objects.CountRequests(ObjectRequestKind.Get);

        await context.RunUntilQuietAsync(await StartMergingAsync(context));

        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        var key = Assert.Single(context.Objects.Keys);
        Assert.Equal(ObjectKind.Mixed, FooterOf(context, key).Kind);
        // Entries that lie next to each other in an object are read at once.
        Assert.Equal(5, context.Objects.CountRequests(ObjectRequestKind.Get) - gets);
        await context.AssertAllReadableAsync();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_log_with_much_to_merge_gets_an_object_of_its_own()
    {
        using var context = await CreateAsync(drains: 4, partitionObjectBytesMin: 4_000, bodyBytes: [100, 1_200, 100]);

        await context.RunUntilQuietAsync(await StartMergingAsync(context));

        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        Assert.Equal([ObjectKind.Mixed, ObjectKind.Partition], context.Objects.Keys.Select(key => FooterOf(context, key).Kind).Order());
        await context.AssertAllReadableAsync();
        context.AssertNothingLeaks();
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public async Task A_crash_at_any_step_of_a_merge_loses_nothing_and_leaks_nothing(string failPoint, int passNumber)
    {
        // Two objects to write, so that the second pass of a step is there too.
        using var context = await CreateAsync(drains: 3, partitionObjectBytesMin: 3_000, bodyBytes: [100, 1_200, 100]);
        context.Metadata.MergeEntriesMin = 3;
        var points = new CrashPoints(failPoint, passNumber);
        var hasCrashed = false;
        try
        {
            await context.RunUntilQuietAsync(await context.StartAsync(points));
        }
        catch (CrashException)
        {
            hasCrashed = true;
        }

        Assert.True(
            hasCrashed || !MergePoints.Contains(failPoint) || (failPoint == FailPoint.MergeFinished && passNumber == 2),
            "a merge passes each of its steps once for each object");
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(await context.StartAsync());

        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        await context.AssertAllReadableAsync();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task Two_compactors_with_the_same_merge_leave_one_copy()
    {
        // The first one's lease runs out while it writes; the second does all of the work; then the first goes on.
        using var context = await CreateAsync(drains: 4);
        context.Metadata.MergeEntriesMin = 4;
        var points = new CrashPoints
        {
            OnPass = point => context.Metadata.NowMs += point == FailPoint.MergeObjectStored ? MiniMetadata.LeaseMs + 1 : 0,
        };
        var session = new CompactorSession();
        session.Begin(new(1, context.Metadata.Epoch, TimeSpan.FromSeconds(10)));
        var second = context.CreateLoop(session, NoFailPoints.Instance);
        var isSecondDone = false;
        context.Metadata.BeforeCommit = () => isSecondDone = second.RunOnceAsync(Token).AsTask().GetAwaiter().GetResult();

        await context.CreateLoop(session, points).RunOnceAsync(Token);

        Assert.True(isSecondDone);
        Assert.Equal(2, context.Metadata.ObjectIds.Except(context.Metadata.ObjectIds.Take(4)).Count());
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(second);
        await context.AssertAllReadableAsync();
        Assert.Single(context.Objects.Keys);
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_range_that_somebody_rewrote_meanwhile_is_refused_and_the_others_go()
    {
        using var context = await CreateAsync(drains: 4);
        var loop = await StartMergingAsync(context);
        context.Metadata.BeforeCommit = () =>
        {
            var log = context.Metadata.Logs[1];
            log.RewriteVersion++;
            log.Entries[2] = log.Entries[2] with { RewriteVersion = log.RewriteVersion };
        };

        await loop.RunOnceAsync(Token);

        Assert.Equal([4, 1, 1], context.Metadata.Logs.OrderBy(static l => l.Key).Select(static l => l.Value.Entries.Count));
        Assert.False(context.Metadata.Completions[^1].Failed);
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(loop);
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_damaged_answer_is_asked_for_again()
    {
        using var context = await CreateAsync(drains: 3);
        context.Store.FailNext(ObjectRequestKind.Get, ObjectFault.Damaged);
        var loop = await StartMergingAsync(context, entriesMin: 3);

        await loop.RunOnceAsync(Token);

        Assert.False(context.Metadata.Completions[^1].Failed);
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(loop);
        context.AssertNothingLeaks();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_damaged_or_missing_stays_and_what_is_around_it_is_merged(bool isMissing)
    {
        using var context = await CreateAsync(drains: 5);
        var damaged = context.Metadata.Logs[2].Entries[2].Entry;
        var key = context.Metadata.Containers.Single(c => c.Kind == ContainerKind.Object && c.ContainerId == damaged.ContainerId).Path;
        var whole = context.Objects.Get(key);
        var bytes = (byte[])whole.Clone();
        bytes[damaged.Position + damaged.Length - 1] ^= 1;
        if (isMissing)
        {
            await context.Objects.DeleteAsync([key], Token);
        }
        else
        {
            context.Objects.Set(key, bytes);
        }

        var loop = await StartMergingAsync(context);
        await loop.RunOnceAsync(Token);

        Assert.True(context.Metadata.Completions[^1].Failed);
        Assert.Equal(damaged, context.Metadata.Logs[2].Entries[1].Entry);
        Assert.Equal(3, context.Metadata.Logs[2].Entries.Count);
        Assert.Equal(isMissing ? 3 : 1, context.Metadata.Logs[1].Entries.Count);

        // And is not looked at again.
        await context.RunUntilQuietAsync(loop);
        Assert.Equal(damaged, context.Metadata.Logs[2].Entries[1].Entry);
        context.Objects.Set(key, whole);
        await context.AssertAllReadableAsync();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task Of_an_object_that_ends_too_early_what_is_there_is_taken()
    {
        using var context = await CreateAsync(drains: 3);
        var cut = context.Metadata.Logs[3].Entries[1].Entry;
        var key = context.Metadata.Containers.Single(c => c.Kind == ContainerKind.Object && c.ContainerId == cut.ContainerId).Path;
        var whole = context.Objects.Get(key);
        context.Objects.Set(key, whole[..(int)(cut.Position + cut.Length - 1)]);

        await (await StartMergingAsync(context, entriesMin: 3)).RunOnceAsync(Token);

        Assert.Equal([1, 1, 3], context.Metadata.Logs.OrderBy(static l => l.Key).Select(static l => l.Value.Entries.Count));
        context.Objects.Set(key, whole);
        await context.AssertAllReadableAsync();
    }

    [Theory]
    [InlineData(ObjectRequestKind.Get, ObjectFault.NotDone)]
    [InlineData(ObjectRequestKind.Put, ObjectFault.NotDone)]
    [InlineData(ObjectRequestKind.Put, ObjectFault.DoneButUnanswered)]
    [InlineData(ObjectRequestKind.Put, ObjectFault.Truncated)]
    public async Task A_store_that_fails_leaves_everything_for_another_try(ObjectRequestKind kind, ObjectFault fault)
    {
        using var context = await CreateAsync(drains: 3);
        var loop = await StartMergingAsync(context, entriesMin: 3);
        context.Store.FailNext(kind, fault);

        await loop.RunOnceAsync(Token);

        Assert.True(context.Metadata.Completions[^1].Failed);
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Equal(3, log.Entries.Count));
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(loop);
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        await context.AssertAllReadableAsync();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task An_object_that_comes_too_late_is_not_committed_and_is_deleted()
    {
        using var context = await CreateAsync(drains: 3);
        var loop = await StartMergingAsync(context, entriesMin: 3);
        context.Metadata.BeforeCommit = context.Metadata.PassMuchTime;

        await loop.RunOnceAsync(Token);

        Assert.All(context.Metadata.Logs.Values, static log => Assert.Equal(3, log.Entries.Count));
        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(loop);
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_merge_whose_object_came_too_late_has_failed_and_is_tried_again()
    {
        using var context = await CreateAsync(drains: 3);
        var loop = await StartMergingAsync(context, entriesMin: 3);
        context.Metadata.BeforeCommit = context.Metadata.ExpireUploads;

        await loop.RunOnceAsync(Token);

        Assert.True(context.Metadata.Completions[^1].Failed, "nothing is merged, so metadata is to count a failure");
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Equal(3, log.Entries.Count));
        await context.RunUntilQuietAsync(loop);
        Assert.All(context.Metadata.Logs.Values, static log => Assert.Single(log.Entries));
        context.AssertNothingLeaks();
    }

    /// <summary>Logs of which each drain left an entry, and that nobody merges yet.</summary>
    private static async Task<CompactorTestContext> CreateAsync(
        int drains, long partitionObjectBytesMin = 8 << 20, int[]? bodyBytes = null)
    {
        var context = new CompactorTestContext(partitionObjectBytesMin: partitionObjectBytesMin);
        var loop = await context.StartAsync();
        for (var i = 0; i < drains; i++)
        {
            context.AddSegment([[.. (bodyBytes ?? [100, 200, 300]).Select((bytes, log) => (log + 1L, bytes))]]);
            context.AddMarker(1, producerId: 5);
            await context.RunUntilQuietAsync(loop);
        }

        context.AssertDrained();
        return context;
    }

    private static async Task<JobLoop> StartMergingAsync(CompactorTestContext context, int entriesMin = 2)
    {
        context.Metadata.MergeEntriesMin = entriesMin;
        return await context.StartAsync();
    }

    private static ObjectFooter FooterOf(CompactorTestContext context, string key)
    {
        var bytes = context.Objects.Get(key);
        return ObjectFooter.Read(key, bytes.AsSpan(^ObjectFormat.FooterBytes..), bytes.Length);
    }
}
