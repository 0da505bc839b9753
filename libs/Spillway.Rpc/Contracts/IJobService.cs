using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// Work that metadata plans and compactors lease.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IJobService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<AcquireJobReply> AcquireJobAsync(AcquireJobRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<RenewJobReply> RenewJobAsync(RenewJobRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<CompleteJobReply> CompleteJobAsync(CompleteJobRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<PrepareObjectReply> PrepareObjectAsync(PrepareObjectRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<CommitObjectReply> CommitObjectAsync(CommitObjectRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<ListJobsReply> ListJobsAsync(ListJobsRequest request, CancellationToken cancellationToken);
}
