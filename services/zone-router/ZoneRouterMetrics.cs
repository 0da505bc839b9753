using System.Diagnostics.Metrics;
using Spillway.Rpc.Zones;

namespace Spillway.ZoneRouter;

/// <summary>Every instrument of the zone-router.</summary>
internal sealed class ZoneRouterMetrics
{
    public const string MeterName = "Spillway.ZoneRouter";

    private readonly Counter<long> _tables;
    private int _frontendCount;

    public ZoneRouterMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _tables = meter.CreateCounter<long>("spillway.router.tables", "{table}", "Routing tables published.");
        meter.CreateObservableGauge(
            "spillway.router.frontends", () => Volatile.Read(ref _frontendCount), "{frontend}", "Frontends in the routing table.");
    }

    public void TablePublished(RoutingTable table)
    {
        _tables.Add(1);
        Volatile.Write(ref _frontendCount, table.Frontends.Count);
    }
}
