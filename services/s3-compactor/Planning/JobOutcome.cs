using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor.Planning;

/// <summary>What a job came to.</summary>
/// <param name="IsFailed">Not all was done: another try is owed.</param>
/// <param name="Deleted">What is certainly gone.</param>
internal sealed record JobOutcome(bool IsFailed, IReadOnlyList<ContainerLocation> Deleted)
{
    /// <summary>Log compaction: how far it came.</summary>
    public CleaningProgress? Cleaned { get; init; }

    /// <summary>Scrub: what was read, the job's first objects first.</summary>
    public IReadOnlyList<ScrubbedObject> Scrubbed { get; init; } = [];

    public static JobOutcome Done { get; } = new(false, []);

    public static JobOutcome Failed { get; } = new(true, []);
}
