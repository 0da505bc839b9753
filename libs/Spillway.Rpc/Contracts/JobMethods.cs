using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.Jobs</c>: leased work.</summary>
public static class JobMethods
{
    private const string Service = "spillway.metadata.v1.Jobs";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<AcquireJobRequest, AcquireJobReply> AcquireJob { get; } =
        RpcMethod.Create<AcquireJobRequest, AcquireJobReply>(Service, "AcquireJob");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<RenewJobRequest, RenewJobReply> RenewJob { get; } =
        RpcMethod.Create<RenewJobRequest, RenewJobReply>(Service, "RenewJob");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<CompleteJobRequest, CompleteJobReply> CompleteJob { get; } =
        RpcMethod.Create<CompleteJobRequest, CompleteJobReply>(Service, "CompleteJob");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<PrepareObjectRequest, PrepareObjectReply> PrepareObject { get; } =
        RpcMethod.Create<PrepareObjectRequest, PrepareObjectReply>(Service, "PrepareObject");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<CommitObjectRequest, CommitObjectReply> CommitObject { get; } =
        RpcMethod.Create<CommitObjectRequest, CommitObjectReply>(Service, "CommitObject");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ListJobsRequest, ListJobsReply> ListJobs { get; } =
        RpcMethod.Create<ListJobsRequest, ListJobsReply>(Service, "ListJobs");
}
