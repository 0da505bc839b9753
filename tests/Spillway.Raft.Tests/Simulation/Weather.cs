namespace Spillway.Raft.Tests.Simulation;

/// <summary>How bad the network is just now.</summary>
internal sealed record Weather
{
    public static Weather Calm { get; } = new();

    /// <summary>Messages that never arrive, percent.</summary>
    public int LossPercent { get; init; }

    /// <summary>Messages that arrive twice, percent.</summary>
    public int DuplicatePercent { get; init; }

    /// <summary>Messages that are overtaken by later ones, percent.</summary>
    public int ReorderPercent { get; init; }

    /// <summary>Messages that take 60 ms, percent.</summary>
    public int StragglerPercent { get; init; }

    /// <summary>Messages that get stuck, and come after some seconds, percent; on a cut link many do.</summary>
    public int StuckPercent { get; init; }

    /// <summary>Chunks of a snapshot after which the transfer breaks off, percent.</summary>
    public int BrokenFetchPercent { get; init; }

    public static Weather Storm(Random random) => new()
    {
        LossPercent = random.Next(21),
        DuplicatePercent = random.Next(11),
        ReorderPercent = random.Next(51),
        StragglerPercent = random.Next(11),
        StuckPercent = random.Next(4) == 0 ? random.Next(15) : random.Next(3),
        BrokenFetchPercent = random.Next(21),
    };
}
