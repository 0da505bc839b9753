using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.Admin</c> from an implementation in this process.</summary>
public static class AdminMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapAdminService(this IEndpointRouteBuilder endpoints, IAdminService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(AdminMethods.CreateTopics, (request, context) => service.CreateTopicsAsync(request, context.CancellationToken))
            .Unary(AdminMethods.DeleteTopics, (request, context) => service.DeleteTopicsAsync(request, context.CancellationToken))
            .Unary(AdminMethods.CreatePartitions, (request, context) => service.CreatePartitionsAsync(request, context.CancellationToken))
            .Unary(AdminMethods.DeleteRecords, (request, context) => service.DeleteRecordsAsync(request, context.CancellationToken))
            .Unary(AdminMethods.AlterConfigs, (request, context) => service.AlterConfigsAsync(request, context.CancellationToken))
            .Unary(AdminMethods.UpdateFeatures, (request, context) => service.UpdateFeaturesAsync(request, context.CancellationToken))
            .Unary(AdminMethods.DescribeLogs, (request, context) => service.DescribeLogsAsync(request, context.CancellationToken))
            .Unary(AdminMethods.AllocateProducerIds, (request, context) => service.AllocateProducerIdsAsync(request, context.CancellationToken)));
}
