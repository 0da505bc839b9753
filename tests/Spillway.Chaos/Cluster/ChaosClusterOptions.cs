namespace Spillway.Chaos.Cluster;

/// <summary>What cluster to start.</summary>
internal sealed record ChaosClusterOptions
{
    /// <summary>Everything the cluster writes is under it.</summary>
    public required string Folder { get; init; }

    /// <summary>Metadata nodes, 1 or 3. Default 1.</summary>
    public int MetadataCount { get; init; } = 1;

    /// <summary>Each has a frontend and a writer. Default: three.</summary>
    public IReadOnlyList<string> Zones { get; init; } = ["a", "b", "c"];

    /// <summary>Where objects are; null for a folder.</summary>
    public ChaosStore? Store { get; init; }

    public int CompactorCount { get; init; } = 1;

    /// <summary>What the proxies draw jitter from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Settings of a role, without <c>--Spillway:</c>, that go before the ones that make minutes of seconds.</summary>
    public IReadOnlyDictionary<ServiceRole, string[]> Settings { get; init; } = new Dictionary<ServiceRole, string[]>();

    public TimeSpan StartTime { get; init; } = TimeSpan.FromMinutes(2);
}
