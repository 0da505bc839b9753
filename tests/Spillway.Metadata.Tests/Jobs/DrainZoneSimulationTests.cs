namespace Spillway.Metadata.Tests.Jobs;

/// <summary>Three zones, each with no compactor up to two, which come and go, some with a job in hand.</summary>
public sealed class DrainZoneSimulationTests
{
    private const int TickCount = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Nothing_waits_longer_than_the_patience_while_anybody_asks(int seed)
    {
        var random = new Random(seed);
        var cluster = new DrainZoneCluster(random, target: random.Next(500, 20_000));
        var lonelyTicks = 0;
        for (var tick = 0; tick < TickCount; tick++)
        {
            cluster.Write(bytesMax: 600);
            cluster.ComeAndGo();
            cluster.AskAll(isReliable: false);
            lonelyTicks += cluster.CompactorCount == 0 ? 1 : 0;
            if (cluster.CompactorCount > 0)
            {
                Assert.True(cluster.LateMs == 0, $"seed {seed}, tick {tick}: a segment waits {cluster.LateMs} ms too long");
            }
        }

        // It saw both.
        Assert.InRange(lonelyTicks, 1, TickCount / 2);
        cluster.Add("a");
        cluster.PassTime(DrainZoneCluster.LeaseMs + 1);
        cluster.PassTime(DrainZoneCluster.RetryAfterMs * 2);
        cluster.AskAll(isReliable: true);

        Assert.Equal(0, cluster.UndrainedBytes);
    }

    // As much of each zone as is worth a drain of its own. A zone without a compactor is drained by the others.
    [Theory]
    [InlineData("abc", 0.99, 1.00)]
    [InlineData("ab", 0.60, 0.75)]
    [InlineData("a", 0.25, 0.45)]
    public void Bytes_are_drained_at_home_where_a_compactor_is(string zones, double shareMin, double shareMax)
    {
        var (cluster, objects) = Run(zones, bytesMax: 2_000);
        Assert.InRange(cluster.HomeShare, shareMin, shareMax);
        Assert.True(cluster.DrainedBytes / objects >= DrainZoneCluster.Target / 3, "objects are as large as is worth a request");
    }

    // Little in each zone, or nobody to mix with: objects are no smaller, and no more of them, than they were without zones.
    [Theory]
    [InlineData("abc", 60)]
    [InlineData("ab", 60)]
    [InlineData("a", 60)]
    [InlineData("a", 2_000)]
    public void Small_drains_are_as_many_as_without_zones(string zones, int bytesMax)
    {
        var (_, objects) = Run(zones, bytesMax);
        var (_, before) = Run(zones, bytesMax, patienceMs: 0);

        Assert.Equal(before, objects);
    }

    private static (DrainZoneCluster Cluster, int Objects) Run(
        string zones, int bytesMax, int patienceMs = DrainZoneCluster.DefaultPatienceMs)
    {
        var cluster = new DrainZoneCluster(new Random(1), DrainZoneCluster.Target, patienceMs);
        foreach (var zone in zones)
        {
            cluster.Add(zone.ToString());
        }

        var objects = 0;
        for (var tick = 0; tick < TickCount; tick++)
        {
            cluster.Write(bytesMax);
            objects += cluster.AskAll(isReliable: true);
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"compactors in {zones}, patience {patienceMs} ms: {cluster.HomeShare:P1} of {cluster.DrainedBytes} bytes drained at home, "
            + $"{objects} objects of {cluster.DrainedBytes / objects} bytes");
        return (cluster, objects);
    }
}
