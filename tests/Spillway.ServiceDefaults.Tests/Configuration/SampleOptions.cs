namespace Spillway.ServiceDefaults.Tests.Configuration;

internal sealed class SampleOptions
{
    public int LaneCount { get; init; } = 4;

    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(2);

    public SampleMode Mode { get; init; } = SampleMode.Careful;

    public IReadOnlyList<string> Volumes { get; init; } = [];

    public IReadOnlyDictionary<string, string> Defaults { get; init; } = new Dictionary<string, string>();

    public SampleLimits Limits { get; init; } = new();
}
