using Spillway.S3Compactor.Tests.Compacting;
using Spillway.Storage.Faults;
using Xunit;

namespace Spillway.S3Compactor.Tests.Restoring;

/// <summary>
/// Goal: a restore loses nothing that was drained and brings nothing back, whatever was drained, merged and cleaned after the copy that it begins
/// with. Method: random histories of two partitions on metadata's own state; at some time it is copied, later it is lost with the WAL; the restored
/// logs are read as a consumer would and compared with what was produced, and once more after log compaction went over them.
/// </summary>
public sealed class RestorePropertyTests
{
    /// <summary>Some of them with names: what failed once.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60), 73, 386, 400, 771, 806, 987, 0];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task What_was_drained_comes_back_as_it_became(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var world = new CompactionWorld(random, logCount: 2);
        await PassAsync(world, random, rounds: random.Next(4), deletesRecords: true);
        await world.CopyAsync();

        // What is behind records that were deleted after the copy and are in no object is left out by a restore.
        await PassAsync(world, random, rounds: random.Next(1, 8), deletesRecords: false);

        var lost = await world.LoseAndRestoreAsync();

        await AssertRestoredAsync(world, lost);
        world.MinRatio = 0;
        var compactor = world.StartCompactor(NoFailPoints.Instance);
        for (var round = 0; round < 2; round++)
        {
            for (var job = 0; await world.TryRunJobAsync(compactor); job++)
            {
                Assert.True(job < 1_000, "jobs come to an end");
            }

            world.NowMs += 2 * CompactionWorld.DeleteRetentionMs;
        }

        foreach (var log in lost)
        {
            log.AssertLastValues(await world.ReadRestoredAsync(log.LogId));
        }
    }

    private static async Task AssertRestoredAsync(CompactionWorld world, List<LostLog> lost)
    {
        foreach (var log in lost)
        {
            log.AssertIs(await world.ReadRestoredAsync(log.LogId));
            await world.AssertMergeableHaveNoGapsAsync(log.LogId);
        }
    }

    private static async Task PassAsync(CompactionWorld world, Random random, int rounds, bool deletesRecords)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var logId in world.Logs.Keys)
            {
                world.Write(logId, log => log.Write(random.Next(1, 15)));
                if (random.Next(3) == 0)
                {
                    world.Write(logId, static log => log.EndAll());
                }
            }

            world.Drain(random.Next(1, 10), isCommitted: random.Next(5) > 0);
            world.MinRatio = random.NextDouble() * 0.5;
            for (var step = random.Next(4); step > 0; step--)
            {
                await StepAsync(world, random, deletesRecords);
            }

            world.NowMs += random.Next(3) == 0 ? 2 * CompactionWorld.DeleteRetentionMs : random.Next(1_000);
        }
    }

    private static async Task StepAsync(CompactionWorld world, Random random, bool deletesRecords)
    {
        var logId = random.Next(1, 3);
        switch (random.Next(6))
        {
            case 0:
                await world.MergeDrainedAsync(logId);
                break;
            case 1 when deletesRecords:
                var log = world.Partition(logId);
                world.DeleteRecords(logId, random.NextInt64(log.LogStartOffset, log.LastStableOffset + 1));
                break;
            case 2:
                world.PassUploads();
                break;
            default:
                await world.TryRunJobAsync(world.StartCompactor(new WorldFailPoints(
                    step => random.Next(15) == 0 ? throw new CrashException(step) : Task.CompletedTask)));
                break;
        }
    }
}
