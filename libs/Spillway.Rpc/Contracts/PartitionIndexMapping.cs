using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.PartitionIndex</c> from an implementation in this process.</summary>
public static class PartitionIndexMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapPartitionIndexService(
        this IEndpointRouteBuilder endpoints, IPartitionIndexService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Duplex(
                PartitionIndexMethods.WatchTail,
                (subscriptions, context) => service.WatchTailAsync(subscriptions, context.CancellationToken))
            .Unary(
                PartitionIndexMethods.FindEntries,
                (request, context) => service.FindEntriesAsync(request, context.CancellationToken))
            .Unary(
                PartitionIndexMethods.ListOffsets,
                (request, context) => service.ListOffsetsAsync(request, context.CancellationToken))
            .Unary(
                PartitionIndexMethods.FindAborted,
                (request, context) => service.FindAbortedAsync(request, context.CancellationToken)));
}
