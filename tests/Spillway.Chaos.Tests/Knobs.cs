using System.Globalization;

namespace Spillway.Chaos.Tests;

/// <summary>How long and how hard, for who has more time than CI.</summary>
internal static class Knobs
{
    /// <summary>SPILLWAY_CHAOS_SECONDS: how long the smoke test makes faults. Default 75.</summary>
    public static int Seconds { get; } = Read("SPILLWAY_CHAOS_SECONDS", 75);

    /// <summary>SPILLWAY_CHAOS_ROUNDS: how often something is killed in the tests that kill. Default 3.</summary>
    public static int Rounds { get; } = RoundsOr(3);

    /// <summary>SPILLWAY_CHAOS_SEED: the seed of everything drawn. Default: another one each time, and printed.</summary>
    public static int Seed { get; } = Read("SPILLWAY_CHAOS_SEED", Guid.NewGuid().GetHashCode() & int.MaxValue);

    /// <summary>The same for a test whose rounds are long.</summary>
    public static int RoundsOr(int otherwise) => Read("SPILLWAY_CHAOS_ROUNDS", otherwise);

    private static int Read(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
