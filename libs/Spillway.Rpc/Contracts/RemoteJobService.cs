using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for leased work.</summary>
public sealed class RemoteJobService(RpcChannel channel) : IJobService
{
    /// <inheritdoc/>
    public Task<AcquireJobReply> AcquireJobAsync(AcquireJobRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(JobMethods.AcquireJob, request, cancellationToken);


    /// <inheritdoc/>
    public Task<RenewJobReply> RenewJobAsync(RenewJobRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(JobMethods.RenewJob, request, cancellationToken);


    /// <inheritdoc/>
    public Task<CompleteJobReply> CompleteJobAsync(CompleteJobRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(JobMethods.CompleteJob, request, cancellationToken);


    /// <inheritdoc/>
    public Task<PrepareObjectReply> PrepareObjectAsync(PrepareObjectRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(JobMethods.PrepareObject, request, cancellationToken);


    /// <inheritdoc/>
    public Task<CommitObjectReply> CommitObjectAsync(CommitObjectRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(JobMethods.CommitObject, request, cancellationToken);
}
