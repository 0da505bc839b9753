using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.WalCommit</c> from an implementation in this process.</summary>
public static class WalCommitMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapWalCommitService(this IEndpointRouteBuilder endpoints, IWalCommitService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(WalCommitMethods.OpenSegment, (request, context) => service.OpenSegmentAsync(request, context.CancellationToken))
            .Unary(WalCommitMethods.CommitBlock, (request, context) => service.CommitBlockAsync(request, context.CancellationToken))
            .Unary(WalCommitMethods.SealSegment, (request, context) => service.SealSegmentAsync(request, context.CancellationToken)));
}
