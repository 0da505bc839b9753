namespace Spillway.Chaos.Nemesis;

/// <summary>How hard a cluster is hit.</summary>
internal sealed record NemesisOptions
{
    public int Seed { get; init; } = 1;

    /// <summary>The time between one round of faults and the next.</summary>
    public TimeSpan PauseMin { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest that a fault lasts.</summary>
    public TimeSpan DurationMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The share of rounds without a fault.</summary>
    public double QuietShare { get; init; } = 0.25;

    /// <summary>Faults at once, at most.</summary>
    public int FaultsMax { get; init; } = 3;

    /// <summary>Two minutes have to show what a soak shows in twenty.</summary>
    public static NemesisOptions Smoke(int seed) => new()
    {
        Seed = seed,
        PauseMin = TimeSpan.FromSeconds(0.5),
        PauseMax = TimeSpan.FromSeconds(3),
        DurationMax = TimeSpan.FromSeconds(6),
        QuietShare = 0.2,
    };
}
