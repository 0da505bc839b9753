using Spillway.Chaos.Cluster;
using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Spillway.Testing;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>Writers that hang, die, lose answers and volumes: the promises P1 to P5 between processes.</summary>
[Collection("chaos")]
public sealed class WriterFaultTests(ClusterFixture fixture)
{
    private static readonly TimeSpan RecoveryTime = QuietMachine.Bound(TimeSpan.FromSeconds(3));
    private static readonly WorkloadOptions Workload = new() { SendsPerSecond = 40 };

    /// <summary>
    /// The writer sleeps until all that was on the volume when it fell asleep is drained and deleted, which is long after its lease. What it
    /// does when it wakes up may show nowhere.
    /// </summary>
    [Fact]
    public async Task A_writer_paused_beyond_its_lease_loses_and_exposes_nothing()
    {
        await fixture.RunAsync("paused", Workload, async (context, cancellationToken) =>
        {
            var writer = context.Cluster.Of(ServiceRole.Writer).First();
            await WorkAsync(context, records: 500, cancellationToken);
            await context.RunAsync(
                new Fault(
                    "pause",
                    writer.Name,
                    TimeSpan.Zero,
                    async () =>
                    {
                        writer.Pause();
                        await context.Cluster.Wal.UntilDeletedAsync(writer, cancellationToken);
                    },
                    writer.Resume),
                cancellationToken);
            await WorkAsync(context, records: 500, cancellationToken);
        });
    }

    /// <summary>
    /// The writer's volume hangs for it alone, until its epoch is over and metadata has forgotten the segment that it was making. When the
    /// file comes into being all the same, nobody else will delete it.
    /// </summary>
    [Fact]
    public async Task What_a_frozen_writer_makes_too_late_does_not_stay()
    {
        await fixture.RunAsync("late", Workload with { CrashEvery = TimeSpan.FromHours(1) }, async (context, cancellationToken) =>
        {
            var writer = context.Cluster.Of(ServiceRole.Writer).First();
            await WorkAsync(context, records: 500, cancellationToken);
            var thaw = writer.Faults.Add("\"volume\":\"*\",\"fault\":\"freeze\"");
            await Task.Delay(TimeSpan.FromSeconds(15), cancellationToken);
            thaw();
            await WorkAsync(context, records: 500, cancellationToken);
            await context.Cluster.Wal.UntilDeletedAsync(asleep: null, cancellationToken);
        });
    }

    [Fact]
    public async Task Lost_replies_to_commits_change_no_offset()
    {
        await fixture.RunAsync(
            "lost",
            Workload with { PlainWorkers = 3 },
            async (context, cancellationToken) =>
            {
                var ends = context.Cluster.Of(ServiceRole.Writer)
                    .Select(static writer => writer.Faults.Add(
                        "\"failPoint\":\"wal-writer.block-committed\",\"fault\":\"lose\",\"probability\":0.5,\"count\":100"))
                    .ToList();
                await Task.WhenAll(context.Cluster.Of(ServiceRole.Writer).Select(writer => Deadline.UntilAsync(
                    async () => new MetricsText(await writer.ReadMetricsAsync()).Sum("spillway_faults_struck_total", "block-committed") >= 100,
                    TimeSpan.FromMinutes(3),
                    $"{writer} lost 100 replies",
                    cancellationToken)));
                await WorkAsync(context, records: 1_000, cancellationToken);
                ends.ForEach(static end => end());
            });
    }

    [Fact]
    public async Task A_killed_writer_holds_up_its_own_connections_only_and_not_for_long()
    {
        var probes = await fixture.StartProbesAsync("killedprobe");
        List<TimeSpan> own = [], others = [];
        await fixture.RunAsync("killed", Workload with { SendsPerSecond = 20 }, async (context, cancellationToken) =>
        {
            for (var round = 0; round < Knobs.Rounds; round++)
            {
                var zone = round % context.Cluster.Zones.Count;
                var writer = context.Cluster.Of(ServiceRole.Writer).ElementAt(zone);
                await AllAckAsync(probes, cancellationToken);
                var killedAt = TimeProvider.System.GetTimestamp();
                await writer.Kill9Async();
                await Deadline.UntilAsync(
                    () => writer.StartCount > round / 3 && probes[zone].FirstAckAfter(killedAt) is not null && !writer.HasExited,
                    TimeSpan.FromSeconds(30),
                    "the writer's zone goes on",
                    cancellationToken);
                await context.Cluster.UntilReadyAsync([writer], cancellationToken);
                own.Add(probes[zone].LongestGapSince(killedAt));
                others.AddRange(probes.Where((_, number) => number != zone).Select(probe => probe.LongestGapSince(killedAt)));
            }
        });
        probes.ToList().ForEach(static probe => probe.Dispose());

        Report("own zone", own);
        Report("other zones", others);
        fixture.Require(Median(own) <= RecoveryTime, $"the killed writer's zone stood still for {Median(own).TotalSeconds:0.0} s (median)");
        fixture.Require(Median(others) <= RecoveryTime / 2, $"other zones stood still for {Median(others).TotalSeconds:0.0} s (median)");
    }

    /// <summary>A storage failover: every call on the volume hangs, in every process, and then all of them go on.</summary>
    [Fact]
    public async Task A_volume_frozen_for_half_a_minute_ends_nothing_and_loses_nothing()
    {
        var probes = await fixture.StartProbesAsync("frozenprobe");
        var starts = fixture.Cluster.Services.Sum(static service => service.StartCount);
        List<TimeSpan> recovered = [];
        await fixture.RunAsync("frozen", Workload with { CrashEvery = TimeSpan.FromHours(1) }, async (context, cancellationToken) =>
        {
            await AllAckAsync(probes, cancellationToken);
            var ends = context.Cluster.Services.Select(static service => service.Faults.Add("\"volume\":\"*\",\"fault\":\"freeze\"")).ToList();
            await Task.Delay(TimeSpan.FromSeconds(30), cancellationToken);
            var thawedAt = TimeProvider.System.GetTimestamp();
            ends.ForEach(static end => end());
            await Deadline.UntilAsync(
                () => probes.All(probe => probe.FirstAckAfter(thawedAt) is not null),
                TimeSpan.FromSeconds(60),
                "every zone goes on",
                cancellationToken);
            recovered.AddRange(probes.Select(probe => probe.FirstAckAfter(thawedAt)!.Value));
        });
        probes.ToList().ForEach(static probe => probe.Dispose());

        Report("after the thaw", recovered);
        Assert.Equal(starts, fixture.Cluster.Services.Sum(static service => service.StartCount));
        fixture.Require(
            Median(recovered) <= RecoveryTime, $"it took {Median(recovered).TotalSeconds:0.0} s (median) to go on");
    }

    internal static Task WorkAsync(ChaosContext context, int records, CancellationToken cancellationToken)
    {
        var target = context.Progress.AckedRecords + records;
        return Deadline.UntilAsync(
            () => context.Progress.AckedRecords >= target,
            TimeSpan.FromMinutes(2),
            $"{records} records more",
            cancellationToken,
            () => $"{context.Progress.AckedRecords} of {target}");
    }

    internal static async Task AllAckAsync(IReadOnlyList<AckProbe> probes, CancellationToken cancellationToken)
    {
        foreach (var probe in probes)
        {
            var count = probe.AckCount + 20;
            await Deadline.UntilAsync(
                () => probe.AckCount >= count, TimeSpan.FromSeconds(60), "every zone acknowledges", cancellationToken, () => probe.Fatal ?? "");
        }
    }

    internal static TimeSpan Median(IReadOnlyCollection<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    internal static void Report(string what, IEnumerable<TimeSpan> times) =>
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{what}: {string.Join(" ", times.Order().Select(static time => $"{time.TotalSeconds:0.00}"))} s");
}
