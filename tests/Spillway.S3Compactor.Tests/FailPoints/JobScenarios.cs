using Spillway.Storage.Objects;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.FailPoints;

/// <summary>The table of <see cref="FailPointTests"/>. A job with a new step gets its place a row here, or a test fails.</summary>
internal static class JobScenarios
{
    public static IReadOnlyList<JobScenario> All { get; } =
    [
        new(
            "drain",
            ObjectRequestKind.Put,
            ObjectFault.Truncated,
            ArrangeDrainAsync,
            [
                FailPoint.JobAcquired,
                FailPoint.RangesRead,
                FailPoint.ObjectPrepared,
                FailPoint.ObjectStored,
                FailPoint.ObjectCommitted,
                FailPoint.DrainFinished,
                FailPoint.JobCompleted,
            ]),
        new(
            "merge",
            ObjectRequestKind.Put,
            ObjectFault.Truncated,
            ArrangeMergeAsync,
            [
                FailPoint.JobAcquired,
                FailPoint.MergeRangesRead,
                FailPoint.MergeObjectPrepared,
                FailPoint.MergeObjectStored,
                FailPoint.MergeObjectCommitted,
                FailPoint.MergeFinished,
                FailPoint.JobCompleted,
            ]),
        new(
            "delete",
            ObjectRequestKind.Delete,
            ObjectFault.FirstKeyFails,
            ArrangeDeleteAsync,
            [FailPoint.JobAcquired, FailPoint.SegmentsUnlinked, FailPoint.ObjectsDeleted, FailPoint.JobCompleted]),
        new(
            "scrub",
            ObjectRequestKind.Get,
            ObjectFault.Damaged,
            ArrangeScrubAsync,
            [FailPoint.JobAcquired, FailPoint.ObjectScrubbed, FailPoint.ScrubFinished, FailPoint.JobCompleted]),
    ];

    /// <summary>
    /// Places that a job's own tests enumerate and crash at: log compaction's (Compacting), which work on real metadata where this table has a
    /// model of it. By name, since they may be in the code or not.
    /// </summary>
    public static IReadOnlyList<string> Elsewhere { get; } =
        ["s3-compactor.keys-learned", "s3-compactor.run-cleaned", "s3-compactor.compaction-finished"];

    /// <summary>Segments whose drain makes objects of both kinds, and ends of transactions.</summary>
    private static Task ArrangeDrainAsync(CompactorTestContext context)
    {
        context.AddRandomSegment();
        context.AddMarker(1, producerId: 1);
        context.AddMarker(2, producerId: 2, commit: false);
        context.AddRandomSegment();
        context.AddMarker(1, producerId: 2, commit: false);
        return Task.CompletedTask;
    }

    /// <summary>Logs whose bytes came in several drains.</summary>
    private static async Task ArrangeMergeAsync(CompactorTestContext context)
    {
        var loop = await context.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            await ArrangeDrainAsync(context);
            await context.RunUntilQuietAsync(loop);
        }

        context.Metadata.MergeEntriesMin = 2;
    }

    /// <summary>Sound objects that wait to be read.</summary>
    private static async Task ArrangeScrubAsync(CompactorTestContext context)
    {
        await ArrangeDrainAsync(context);
        await context.RunUntilQuietAsync(await context.StartAsync());
        context.Metadata.ToScrub.UnionWith(context.Metadata.ObjectIds);
    }

    /// <summary>Segments that are drained, and objects that were stored by compactors that died before they said so.</summary>
    private static async Task ArrangeDeleteAsync(CompactorTestContext context)
    {
        await ArrangeDrainAsync(context);
        for (var i = 0; i < 2; i++)
        {
            var died = await context.StartAsync(new CrashPoints(FailPoint.ObjectStored));
            await Assert.ThrowsAsync<CrashException>(() => died.RunOnceAsync(TestContext.Current.CancellationToken).AsTask());
        }

        var drains = await context.StartAsync();
        await drains.RunOnceAsync(TestContext.Current.CancellationToken);
        context.Metadata.PassMuchTime();
    }
}
