namespace Spillway.Discovery;

/// <summary>How this process finds the other services.</summary>
public sealed class DiscoveryOptions
{
    /// <summary>The section these values are bound from.</summary>
    public const string Section = "Spillway:Discovery";

    /// <summary>Where instances are looked up; default Static, which needs nothing else to run.</summary>
    public DiscoveryKind Kind { get; init; } = DiscoveryKind.Static;

    /// <summary>
    /// The instances (Static) or the names behind which they are (Dns), each as <c>SERVICE[@ZONE]=HOST:PORT</c>; none by
    /// default, as a process with all modules needs none.
    /// </summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>
    /// How often names are resolved again; default 5 s, the shortest time to live that cluster DNS usually gives. An instance
    /// that is gone is noticed earlier, by its connection.
    /// </summary>
    public TimeSpan RefreshPeriod { get; init; } = TimeSpan.FromSeconds(5);
}
