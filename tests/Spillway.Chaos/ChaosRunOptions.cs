using Spillway.Chaos.Workload;

namespace Spillway.Chaos;

/// <summary>One run on a cluster.</summary>
internal sealed record ChaosRunOptions
{
    /// <summary>Names the run's topics and its files: unique on its cluster.</summary>
    public required string Name { get; init; }

    public required int Seed { get; init; }

    public WorkloadOptions Workload { get; init; } = new();

    /// <summary>How long the workload goes on after all faults: consumers catch up, leases and segments come to rest.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long sends that are under way may take at the end.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How far behind a consumer may be once consumers had the time to catch up; null only reports it.</summary>
    public TimeSpan? LagAfterHealMax { get; init; }
}
