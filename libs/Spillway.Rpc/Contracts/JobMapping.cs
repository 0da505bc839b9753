using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc.Contracts;

/// <summary>Serves <c>spillway.metadata.v1.Jobs</c> from an implementation in this process.</summary>
public static class JobMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapJobService(this IEndpointRouteBuilder endpoints, IJobService service) =>
        endpoints.MapRpcService(rpc => rpc
            .Unary(JobMethods.AcquireJob, (request, context) => service.AcquireJobAsync(request, context.CancellationToken))
            .Unary(JobMethods.RenewJob, (request, context) => service.RenewJobAsync(request, context.CancellationToken))
            .Unary(JobMethods.CompleteJob, (request, context) => service.CompleteJobAsync(request, context.CancellationToken))
            .Unary(JobMethods.PrepareObject, (request, context) => service.PrepareObjectAsync(request, context.CancellationToken))
            .Unary(JobMethods.CommitObject, (request, context) => service.CommitObjectAsync(request, context.CancellationToken))
            .Unary(JobMethods.ListJobs, (request, context) => service.ListJobsAsync(request, context.CancellationToken)));
}
