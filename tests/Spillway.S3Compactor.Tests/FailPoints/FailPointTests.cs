using System.Reflection;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.S3Compactor.Tests.FailPoints;

/// <summary>
/// Goal: S1 to S3 whatever step of whatever job a compactor dies after, and whatever the object store does about it. Method: every
/// fail-point there is, by the table of <see cref="JobScenarios"/>, with every trouble of the store; the crash has to happen; then all that
/// was acknowledged is read, another compactor goes on under the same trouble, and in the end nothing is lost and nothing is left over.
/// </summary>
public sealed class FailPointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, StoreTrouble> Rows
    {
        get
        {
            var rows = new TheoryData<string, string, StoreTrouble>();
            foreach (var scenario in JobScenarios.All)
            {
                foreach (var failPoint in scenario.FailPoints)
                {
                    foreach (var trouble in Enum.GetValues<StoreTrouble>())
                    {
                        rows.Add(scenario.Name, failPoint, trouble);
                    }
                }
            }

            return rows;
        }
    }

    [Fact]
    public void Every_fail_point_there_is_has_a_row()
    {
        var named = typeof(FailPoint).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(static field => field.IsLiteral)
            .Select(static field => (string)field.GetRawConstantValue()!)
            .Except(JobScenarios.Elsewhere)
            .Order(StringComparer.Ordinal)
            .ToList();

        Assert.Equal(named, FailPoint.All.Except(JobScenarios.Elsewhere).Order(StringComparer.Ordinal));
        Assert.Equal(named, JobScenarios.All.SelectMany(static scenario => scenario.FailPoints).Distinct().Order(StringComparer.Ordinal));
    }

    // A place in the code that the table leaves out of a job: the constant has a row elsewhere, and this step of this job none.
    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_job_passes_the_places_of_its_rows_and_no_others(string scenarioName)
    {
        var scenario = Find(scenarioName);
        using var context = CreateContext();
        await scenario.ArrangeAsync(context);
        var points = new CrashPoints();
        var loop = await context.StartAsync(points);

        Assert.True(await loop.RunOnceAsync(Token));

        Assert.Equal(scenario.FailPoints.Order(StringComparer.Ordinal), points.Passed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_crash_at_any_step_beside_any_trouble_of_the_store_loses_nothing_and_leaks_nothing(
        string scenarioName, string failPoint, StoreTrouble trouble)
    {
        var scenario = Find(scenarioName);
        using var context = CreateContext();
        await scenario.ArrangeAsync(context);
        var strikes = MakeTrouble(context, scenario, trouble);
        var crashing = await context.StartAsync(new CrashPoints(failPoint));

        await Assert.ThrowsAsync<CrashException>(() => context.RunUntilQuietAsync(crashing));

        await context.AssertAllReadableAsync();
        await context.RunUntilQuietAsync(await context.StartAsync());
        await context.AssertAllReadableAsync();
        // One more: a second one that was slow is fenced by the one that did its job.
        await context.RunUntilQuietAsync(await context.StartAsync());
        await context.AssertAllReadableAsync();
        context.AssertDrained();
        context.AssertNothingLeaks();
        context.AssertScrubbed();
        Assert.Equal(trouble == StoreTrouble.None ? 0 : 1, strikes());
    }

    public static TheoryData<string> Names => [.. JobScenarios.All.Select(static scenario => scenario.Name)];

    private static JobScenario Find(string name) => JobScenarios.All.Single(scenario => scenario.Name == name);

    /// <summary>Objects so small that a job has several of both kinds.</summary>
    private static CompactorTestContext CreateContext() => new(objectBytesTarget: 20_000, partitionObjectBytesMin: 15_000);

    /// <summary>Strikes the first request of the kind, whoever makes it; the result tells how often it did.</summary>
    private static Func<int> MakeTrouble(CompactorTestContext context, JobScenario scenario, StoreTrouble trouble)
    {
        var struck = 0;
        var fault = trouble switch
        {
            StoreTrouble.Refused => ObjectFault.NotDone,
            StoreTrouble.DoneUnanswered => ObjectFault.DoneButUnanswered,
            StoreTrouble.HalfDone => scenario.HalfDone,
            _ => ObjectFault.None,
        };
        if (trouble == StoreTrouble.Slow)
        {
            context.Store.BeforeRequest = (kind, _) =>
                kind == scenario.Request && Interlocked.Increment(ref struck) == 1 ? LetAnotherDoItAsync(context) : Task.CompletedTask;
            return () => Math.Min(struck, 1);
        }

        context.Store.Decide = (kind, _) =>
            fault != ObjectFault.None && kind == scenario.Request && Interlocked.Increment(ref struck) == 1 ? fault : ObjectFault.None;
        return () => Math.Min(struck, 1);
    }

    private static async Task LetAnotherDoItAsync(CompactorTestContext context)
    {
        context.Metadata.NowMs += MiniMetadata.LeaseMs + 1;
        var other = await context.StartAsync();
        while (await other.RunOnceAsync(Token))
        {
        }
    }
}
