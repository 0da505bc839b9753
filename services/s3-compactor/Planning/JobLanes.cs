using Spillway.S3Compactor.Sessions;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.S3Compactor.Planning;

/// <summary>A compactor's loops, one for each lane. They share nothing but the registration and the store.</summary>
internal sealed class JobLanes(
    JobMetadataClient metadata,
    CompactorSession session,
    JobRunners runners,
    S3CompactorOptions options,
    S3CompactorMetrics metrics,
    LoopEnvironment environment)
{
    public JobLoop Draining { get; } = new(JobLane.Draining(runners), metadata, session, runners, options, metrics, environment);

    public JobLoop Rewriting { get; } = new(JobLane.Rewriting(runners), metadata, session, runners, options, metrics, environment);
}
