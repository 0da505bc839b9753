using System.Runtime.CompilerServices;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Zones;
using Spillway.ZoneRouter.Zones;

namespace Spillway.ZoneRouter.Endpoints;

/// <summary>Streams the routing table to frontends. One that reads slowly skips tables and gets the newest.</summary>
internal sealed class ZoneRoutingService(RoutingTablePublisher publisher) : IZoneRoutingService
{
    public async IAsyncEnumerable<RoutingTable> WatchRoutesAsync(
        WatchRoutesRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (table, changed) = publisher.Current();
            if (table is not null)
            {
                yield return table;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
