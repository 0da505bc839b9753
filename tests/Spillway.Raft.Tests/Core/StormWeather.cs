namespace Spillway.Raft.Tests.Core;

/// <summary>How bad a storm is, drawn from its seed: some are mild, so that much happens in them. Rates are per step.</summary>
internal sealed class StormWeather(Random random)
{
    public int Voters { get; } = Draw(random, 3, 3, 3, 5, 5, 4, 2, 1);

    public int StepsPerTick { get; } = Draw(random, 2, 4, 8);

    public double Loss { get; } = Draw(random, 0, 0.1, 0.2);

    public double Crash { get; } = Draw(random, 0, 0.004, 0.01);

    public double Cut { get; } = Draw(random, 0.005, 0.02, 0.05);

    public double Straggle { get; } = Draw(random, 0, 0.02, 0.1);

    public double Snapshot { get; } = Draw(random, 0, 0.03, 0.1);

    public double Change { get; } = Draw(random, 0, 0, 0.04, 0.15);

    public double SlowDisk { get; } = Draw(random, 0, 0, 0.5);

    public int DelayMax { get; } = Draw(random, 1, 4, 12);

    public int BurstMax { get; } = Draw(random, 1, 3, 10);

    public int MessageBytesMax { get; } = Draw(random, 60, 200, 1 << 20);

    private static T Draw<T>(Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];
}
