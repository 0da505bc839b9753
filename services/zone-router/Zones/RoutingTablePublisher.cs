using Spillway.Rpc.Metadata;
using Spillway.Rpc.Zones;

namespace Spillway.ZoneRouter.Zones;

/// <summary>Holds the newest routing table and wakes those who follow it. One writer (the node watch), many readers.</summary>
internal sealed class RoutingTablePublisher(ZoneRouterOptions options, ZoneRouterMetrics metrics)
{
    private readonly Lock _lock = new();                            // guards the two fields below
    private RoutingTable? _table;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Publish(long version, IEnumerable<NodeImage> nodes)
    {
        var table = RoutingTables.Make(version, nodes, options);
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_table is not null && SameRoutes(_table, table))
            {
                return;
            }

            _table = table;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        metrics.TablePublished(table);
        changed.TrySetResult();
    }

    /// <summary>The newest table (null before the first), and a task that completes when there is a newer one.</summary>
    public (RoutingTable? Table, Task Changed) Current()
    {
        lock (_lock)
        {
            return (_table, _changed.Task);
        }
    }

    private static bool SameRoutes(RoutingTable before, RoutingTable after) =>
        before.Frontends.Equals(after.Frontends) && before.Zones.Equals(after.Zones) && before.CidrRules.Equals(after.CidrRules);
}
