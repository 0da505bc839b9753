using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.Members</c> from an implementation in this process.</summary>
public static class MembersMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapMembersService(this IEndpointRouteBuilder endpoints, IMembersService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(MembersMethods.Status, (request, context) => service.StatusAsync(request, context.CancellationToken))
            .Unary(MembersMethods.AddLearner, (request, context) => service.AddLearnerAsync(request, context.CancellationToken))
            .Unary(MembersMethods.Promote, (request, context) => service.PromoteAsync(request, context.CancellationToken))
            .Unary(MembersMethods.Remove, (request, context) => service.RemoveAsync(request, context.CancellationToken))
            .Unary(
                MembersMethods.TransferLeadership,
                (request, context) => service.TransferLeadershipAsync(request, context.CancellationToken)));
}
