using Microsoft.AspNetCore.Routing;
using Spillway.Rpc.Commit;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.WalCommit</c> from an implementation in this process.</summary>
public static class WalCommitMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapWalCommitService(this IEndpointRouteBuilder endpoints, IWalCommitService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(WalCommitMethods.OpenSegment, (request, context) => service.OpenSegmentAsync(request, context.CancellationToken))
            .RawDuplex(WalCommitMethods.CommitBlocks, call => new WalCommitSession(call, service).RunAsync())
            .Unary(WalCommitMethods.SealSegment, (request, context) => service.SealSegmentAsync(request, context.CancellationToken)));
}
