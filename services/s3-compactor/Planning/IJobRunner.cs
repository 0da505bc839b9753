using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Sessions;

namespace Spillway.S3Compactor.Planning;

/// <summary>Carries out jobs of one kind. It may end for good after any step: what it leaves undone is planned anew.</summary>
internal interface IJobRunner
{
    JobKind Kind { get; }

    Task<JobOutcome> RunAsync(CompactorIdentity identity, Job job, CancellationToken cancellationToken);
}
