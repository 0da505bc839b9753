using Spillway.Testing.Objects;
using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests;

/// <summary>
/// Goal: S1 to S3 whatever step a compactor dies after. Method: let it die at each fail-point, at its first and later passes, check that
/// everything acknowledged reads back, start another one, and check that the end is the same as without a crash.
/// </summary>
public sealed class CrashTests
{
    public static TheoryData<string, int> Crashes
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var failPoint in FailPoint.All)
            {
                data.Add(failPoint, 1);
                data.Add(failPoint, 2);
                data.Add(failPoint, 3);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public async Task A_crash_at_any_step_loses_nothing_and_leaks_nothing(string failPoint, int passNumber)
    {
        using var context = new CompactorTestContext(objectBytesTarget: 20_000, partitionObjectBytesMin: 15_000);
        context.AddRandomSegment();
        context.AddMarker(1, producerId: 1);
        context.AddMarker(2, producerId: 2, commit: false);
        context.AddRandomSegment();
        context.AddMarker(1, producerId: 2, commit: false);
        var crashed = await context.StartAsync(new CrashPoints(failPoint, passNumber));

        try
        {
            await context.RunUntilQuietAsync(crashed);
        }
        catch (CrashException)
        {
            // As the test wants it; where a place is not passed that often, the run went through.
        }

        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(await context.StartAsync());

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(0)]
    public async Task Random_crashes_faults_and_lost_answers_lose_nothing_and_leak_nothing(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var context = new CompactorTestContext(seed, objectBytesTarget: 20_000, partitionObjectBytesMin: 15_000);
        context.Metadata.MergeEntriesMin = 3;
        for (var round = 0; round < 25; round++)
        {
            context.AddRandomSegment(random.Next(1, 6));
            context.Store.FailAtRandom(random, random.NextDouble() * 0.3);
            if (random.Next(3) == 0)
            {
                context.Metadata.LoseAnswers(random.Next(2) == 0 ? "CommitObject" : "CompleteJob");
            }

            var points = random.Next(2) == 0
                ? new CrashPoints(FailPoint.All[random.Next(FailPoint.All.Count)], random.Next(1, 4))
                : new CrashPoints();
            // Faults on volumes, seen by a drain only: a read that fails for good.
            var failsRead = random.Next(4) == 0;
            context.Files.OnRead = (_, _, bytes) =>
            {
                if (failsRead && bytes.Length > 2000)
                {
                    bytes[^1] ^= 1;
                }

                return bytes.Length;
            };
            try
            {
                var loop = await context.StartAsync(points);
                for (var step = 0; step < 10 && await loop.RunOnceAsync(TestContext.Current.CancellationToken); step++)
                {
                }
            }
            catch (CrashException)
            {
                // The next round starts another.
            }

            await context.AssertAllReadableAsync();
            if (random.Next(4) == 0)
            {
                context.Metadata.PassMuchTime();
            }
        }

        context.Store.FailAtRandom(random, 0);
        context.Files.OnRead = null;
        await context.RunUntilQuietAsync(await context.StartAsync());

        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
    }

    [Fact]
    public async Task A_put_that_was_done_and_reported_failed_leaves_no_object_behind()
    {
        using var context = new CompactorTestContext();
        context.AddRandomSegment();
        context.Store.FailNext(ObjectRequestKind.Put, ObjectFault.DoneButUnanswered);
        var loop = await context.StartAsync();

        await loop.RunOnceAsync(TestContext.Current.CancellationToken);
        Assert.Single(context.Objects.Keys);
        await context.RunUntilQuietAsync(loop);

        context.AssertDrained();
        context.AssertNothingLeaks();
        Assert.Single(context.Objects.Keys);
    }
}
