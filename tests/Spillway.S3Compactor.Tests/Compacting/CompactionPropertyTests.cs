using Spillway.S3Compactor.Planning;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>
/// Goal: log compaction keeps what it promises whatever happens between any two of its steps (S1 to S3 of design.md §6). Method: random histories
/// of several partitions; compactors whose processes die at any fail-point, or are held there while others write, drain, merge, delete records,
/// restart metadata or run the same job; after everything each log is read as a consumer would and compared with what was produced.
/// </summary>
public sealed class CompactionPropertyTests
{
    /// <summary>Less than the time that a prepared object has.</summary>
    private const long DeleteRetentionAndMore = CompactionWorld.DeleteRetentionMs + 1_000;

    private static readonly string[] Steps =
    [
        FailPoint.JobAcquired, FailPoint.KeysLearned, FailPoint.RunCleaned, FailPoint.ObjectPrepared, FailPoint.ObjectStored,
        FailPoint.ObjectCommitted, FailPoint.CompactionFinished, FailPoint.ObjectsDeleted, FailPoint.JobCompleted,
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40), 0];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_happens_between_two_steps_readers_get_what_was_promised(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var world = new CompactionWorld(random, logCount: 2);
        for (var round = 0; round < 10; round++)
        {
            foreach (var logId in world.Logs.Keys)
            {
                world.Write(logId, log => log.Write(random.Next(1, 25)));
            }

            world.Drain(entriesPerLog: random.Next(1, 20));
            world.MinRatio = random.NextDouble() * 0.7;
            world.KeyBytesMax = random.Next(3) == 0 ? random.Next(112, 2_000) : long.MaxValue;
            world.MinLagMs = random.Next(4) == 0 ? random.Next(1, 500) : 0;
            world.Store.FailAtRandom(random, random.Next(3) == 0 ? 0.1 : 0);
            await RunAsync(world, random, jobs: random.Next(4));
            await world.CheckAsync();
            world.NowMs += random.Next(3) == 0 ? 2 * CompactionWorld.DeleteRetentionMs : random.Next(1_000);
        }

        await EndAsync(world);
    }

    [Fact]
    public async Task Every_step_is_passed()
    {
        var random = new Random(1);
        using var world = new CompactionWorld(random, logCount: 1);
        HashSet<string> passed = [];
        var failPoints = new WorldFailPoints(step =>
        {
            passed.Add(step);
            return Task.CompletedTask;
        });
        world.Write(1, static log => log.Write(30));
        world.Write(1, static log => log.EndAll());
        world.Drain(100);

        await RunUntilQuietAsync(world, world.StartCompactor(failPoints));

        Assert.Equal(Steps.Order(StringComparer.Ordinal), passed.Order(StringComparer.Ordinal));
    }

    public static TheoryData<string, int> Crashes
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var step in Steps)
            {
                data.Add(step, 1);
                data.Add(step, 2);
                data.Add(step, 4);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public async Task A_crash_at_any_step_loses_nothing_and_leaks_nothing(string step, int passNumber)
    {
        var random = new Random(passNumber);
        using var world = new CompactionWorld(random, logCount: 2);
        for (var i = 0; i < 4; i++)
        {
            world.Write(1, static log => log.Write(20));
            world.Write(2, static log => log.Write(20));
            world.Drain(3);
        }

        var dies = world.StartCompactor(new CrashPoints(step, passNumber));
        for (var job = 0; job < 10; job++)
        {
            await world.TryRunJobAsync(dies);
            await world.CheckAsync();
        }

        await EndAsync(world);
    }

    [Fact]
    public async Task A_topic_that_is_deleted_under_a_job_leaves_nothing()
    {
        var random = new Random(1);
        using var world = new CompactionWorld(random, logCount: 2);
        foreach (var logId in world.Logs.Keys)
        {
            world.Write(logId, static log => log.Write(40));
            world.Write(logId, static log => log.EndAll());
        }

        world.Drain(100);
        var compactor = world.StartCompactor(new WorldFailPoints(step =>
        {
            if (step == FailPoint.ObjectStored && world.Logs.Count > 0)
            {
                world.DeleteTopic();
            }

            return Task.CompletedTask;
        }));

        await RunUntilQuietAsync(world, compactor);

        Assert.Empty(world.Logs);
        world.AssertNothingLeaks();
    }

    /// <summary>
    /// A value, something else, and the value's tombstone, which a job cleans one after the other. What keeps it from the value must keep it from
    /// the tombstone, or that would go in the end and the value would be back.
    /// </summary>
    [Theory]
    [InlineData(FailPoint.RunCleaned)]
    [InlineData(FailPoint.ObjectStored)]
    [InlineData("put")]
    [InlineData("get")]
    public async Task What_stops_before_a_value_stops_before_its_tombstone(string obstacle)
    {
        using var world = new CompactionWorld(new Random(1), logCount: 1);
        world.Write(1, static log => Add(log, "a"));
        world.Write(1, static log => Add(log, "b"));
        world.Write(1, static log => Add(log, "b"));
        world.Write(1, static log => log.Append(-1, isTransactional: false, count: 1, onlyKey: "a", isTombstone: true));
        for (var i = 0; i < 4; i++)
        {
            world.Drain(1);
        }

        var isDone = false;
        var hindered = world.StartCompactor(
            new WorldFailPoints(async step =>
            {
                if (!isDone && step == obstacle)
                {
                    isDone = true;
                    await world.MergeAsync(1, first: 0, count: 2);
                }
            }),
            objectBytesTarget: 1);
        if (obstacle is "put" or "get")
        {
            // Of reads those of the second round: the first one learns the keys.
            var reads = 0;
            world.Store.Decide = (kind, _) =>
                (obstacle == "put" && kind == ObjectRequestKind.Put) || (obstacle == "get" && kind == ObjectRequestKind.Get && ++reads == 9)
                    ? ObjectFault.NotDone : ObjectFault.None;
        }

        await world.TryRunJobAsync(hindered);
        await world.CheckAsync();
        world.Store.Decide = null;
        for (var i = 0; i < 3; i++)
        {
            world.NowMs += 2 * CompactionWorld.DeleteRetentionMs;
            world.Write(1, static log => Add(log, "c"));
            world.Drain(10);
            await RunUntilQuietAsync(world, world.StartCompactor(NoFailPoints.Instance, objectBytesTarget: 1));
            await world.CheckAsync();
        }

        var left = Assert.Single(await world.CheckAsync());
        Assert.Equal(["b", "c"], left.All.Select(static record => record.Key));

        static void Add(LogHistory log, string key) => log.Append(-1, isTransactional: false, count: 1, onlyKey: key);
    }

    /// <summary>
    /// A compactor that lost its lease wakes up when another one is passes ahead: the value that it would bring back has no tombstone any more.
    /// </summary>
    [Fact]
    public async Task A_commit_that_comes_passes_late_is_refused()
    {
        using var world = new CompactionWorld(new Random(1), logCount: 1);
        world.Write(1, static log => log.Append(-1, isTransactional: false, count: 2, onlyKey: "a"));
        world.Write(1, static log => log.Append(-1, isTransactional: false, count: 1, onlyKey: "b"));
        world.Drain(1);
        world.Drain(1);
        var isDone = false;
        var late = world.StartCompactor(
            new WorldFailPoints(async step =>
            {
                if (!isDone && step == FailPoint.ObjectStored)
                {
                    isDone = true;
                    world.PassLeases();
                    world.Write(1, static log => log.Append(-1, isTransactional: false, count: 1, onlyKey: "a", isTombstone: true));
                    for (var i = 0; i < 4; i++)
                    {
                        world.Write(1, static log => log.Append(-1, isTransactional: false, count: 1, onlyKey: "c"));
                        world.Drain(10);
                        await RunJobsAsync(world, world.StartCompactor(NoFailPoints.Instance, objectBytesTarget: 1));
                        world.NowMs += DeleteRetentionAndMore;
                    }
                }
            }),
            objectBytesTarget: 1);

        await world.TryRunJobAsync(late);

        Assert.True(isDone);
        Assert.Equal(["b", "c"], Assert.Single(await world.CheckAsync()).All.Select(static record => record.Key));
    }

    /// <summary>Where memory for keys is at its end the pass ends, and what lies behind belongs to the next.</summary>
    [Fact]
    public async Task A_pass_ends_where_the_keys_do_not_fit()
    {
        using var world = new CompactionWorld(new Random(1), logCount: 1) { KeyBytesMax = 4 * 112 };
        world.Write(1, static log => log.Append(-1, isTransactional: false, count: 4, onlyKey: "a"));
        world.Write(1, static log => log.Append(-1, isTransactional: false, count: 4, onlyKey: "b"));
        world.Write(1, static log => log.Append(-1, isTransactional: false, count: 4, onlyKey: "a"));
        world.Drain(10);

        await RunUntilQuietAsync(world, world.StartCompactor(NoFailPoints.Instance));

        Assert.Equal(["b", "a"], Assert.Single(await world.CheckAsync()).All.Select(static record => record.Key));
        Assert.True(world.Jobs.Compactions.Count > 1);
    }

    private static async Task RunAsync(CompactionWorld world, Random random, int jobs)
    {
        var compactor = world.StartCompactor(Disturbed(world, random, depth: 0));
        for (var i = 0; i < jobs; i++)
        {
            await world.TryRunJobAsync(compactor);
            await world.CheckAsync();
            compactor = random.Next(3) == 0 ? world.StartCompactor(Disturbed(world, random, depth: 0)) : compactor;
        }
    }

    /// <summary>At a step the process dies sometimes, and sometimes it sees something happen.</summary>
    private static WorldFailPoints Disturbed(CompactionWorld world, Random random, int depth) => new(async step =>
    {
        if (random.Next(12) == 0)
        {
            throw new CrashException(step);
        }

        if (depth > 0 || random.Next(4) > 0)
        {
            return;
        }

        var logId = random.Next(1, 3);
        switch (random.Next(7))
        {
            case 0:
                world.Write(logId, log => log.Write(random.Next(1, 10)));
                break;
            case 1:
                world.Drain(random.Next(1, 4));
                break;
            case 2:
                await world.MergeAsync(logId);
                break;
            case 3 when random.Next(3) == 0:
                var log = world.Partition(logId);
                world.DeleteRecords(logId, random.NextInt64(log.LogStartOffset, log.LastStableOffset + 1));
                break;
            case 4:
                world.Restart();
                break;
            case 5:
                world.PassLeases();
                await world.TryRunJobAsync(world.StartCompactor(Disturbed(world, random, depth + 1)));
                break;
            default:
                await world.TryRunJobAsync(world.StartCompactor(Disturbed(world, random, depth + 1)));
                break;
        }
    });

    /// <summary>Everything ends, is cleaned again and again, and is what it should be.</summary>
    private static async Task EndAsync(CompactionWorld world)
    {
        world.Store.FailAtRandom(new Random(1), 0);
        (world.MinRatio, world.KeyBytesMax, world.MinLagMs) = (0, long.MaxValue, 0);
        foreach (var logId in world.Logs.Keys)
        {
            world.Write(logId, static log => log.EndAll());
        }

        var compactor = world.StartCompactor(NoFailPoints.Instance);
        for (var i = 0; i < 4; i++)
        {
            foreach (var logId in world.Logs.Keys)
            {
                // A pass begins where something is dirty.
                world.Write(logId, static log => log.Append(-1, isTransactional: false, count: 1, onlyKey: "last"));
            }

            world.Drain(1_000);
            await RunUntilQuietAsync(world, compactor);
            world.NowMs += CompactionWorld.DeleteRetentionMs + 1;
        }

        foreach (var left in await world.CheckAsync())
        {
            Assert.Equal(left.All.Count, left.All.DistinctBy(static r => r.Key).Count());
            Assert.All(left.All, static record => Assert.True(record is { Key: not null, Value: not null }));
            Assert.Equal(left.All, left.Committed);
        }

        world.AssertNothingLeaks();
    }

    private static async Task RunJobsAsync(CompactionWorld world, JobLoop compactor)
    {
        for (var job = 0; await world.TryRunJobAsync(compactor); job++)
        {
            Assert.True(job < 1_000, "jobs come to an end");
        }
    }

    private static async Task RunUntilQuietAsync(CompactionWorld world, JobLoop compactor)
    {
        for (var round = 0; round < 3; round++)
        {
            await RunJobsAsync(world, compactor);
            world.PassUploads();
        }
    }
}
