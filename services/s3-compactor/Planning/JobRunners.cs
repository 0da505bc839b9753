using Spillway.Rpc.Metadata;
using Spillway.Storage.Faults;

namespace Spillway.S3Compactor.Planning;

/// <summary>One runner for each kind of job; metadata is told which kinds there are, and plans no others for this compactor.</summary>
internal sealed class JobRunners(IEnumerable<IJobRunner> runners, IFailPoints failPoints)
{
    private readonly Dictionary<JobKind, IJobRunner> _runners = runners.ToDictionary(static runner => runner.Kind);

    public IReadOnlyCollection<JobKind> Kinds => _runners.Keys;

    public IFailPoints FailPoints { get; } = failPoints;

    public IJobRunner? Find(JobKind kind) => _runners.GetValueOrDefault(kind);
}
