using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for leased work.</summary>
public sealed class RemoteJobService(MetadataChannels channels) : IJobService
{
    /// <inheritdoc/>
    public Task<AcquireJobReply> AcquireJobAsync(AcquireJobRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(JobMethods.AcquireJob, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<RenewJobReply> RenewJobAsync(RenewJobRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(JobMethods.RenewJob, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<CompleteJobReply> CompleteJobAsync(CompleteJobRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(JobMethods.CompleteJob, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<PrepareObjectReply> PrepareObjectAsync(PrepareObjectRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(JobMethods.PrepareObject, request, CallRule.IfNotDone, cancellationToken);

    /// <inheritdoc/>
    public Task<CommitObjectReply> CommitObjectAsync(CommitObjectRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(JobMethods.CommitObject, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<ListJobsReply> ListJobsAsync(ListJobsRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(JobMethods.ListJobs, request, CallRule.Repeatable, cancellationToken);
}
