using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor.Planning;

/// <summary>
/// Kinds of jobs that are carried out one after the other, beside those of other lanes: a log compaction may take minutes, and the WAL has a
/// budget of seconds.
/// </summary>
/// <param name="Name">The loop's name.</param>
/// <param name="Kinds">What metadata is asked for.</param>
internal sealed record JobLane(string Name, IReadOnlyCollection<JobKind> Kinds)
{
    /// <summary>What keeps the WAL small.</summary>
    public static JobLane Draining(JobRunners runners) => new("s3-compactor.jobs", [.. runners.Kinds.Where(IsDraining)]);

    /// <summary>What only rewrites or reads objects, and can wait.</summary>
    public static JobLane Rewriting(JobRunners runners) => new("s3-compactor.rewrites", [.. runners.Kinds.Where(static kind => !IsDraining(kind))]);

    private static bool IsDraining(JobKind kind) => kind is JobKind.Drain or JobKind.Delete;
}
