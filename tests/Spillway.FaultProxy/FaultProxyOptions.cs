namespace Spillway.FaultProxy;

/// <summary>One proxy.</summary>
public sealed record FaultProxyOptions
{
    /// <summary>The target's name, for people.</summary>
    public string Name { get; init; } = "";

    /// <summary>The loopback port that is listened on; 0 for any free one.</summary>
    public int ListenPort { get; init; }

    /// <summary>The loopback port that connections are passed on to.</summary>
    public required int TargetPort { get; init; }

    /// <summary>What jitter and the latency of connections are drawn from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Bytes that may wait on one connection in one direction; past it the sender is not read. Default 4 MiB.</summary>
    public int WaitingBytesMax { get; init; } = 4 << 20;

    /// <summary>The name of who connects, from its port and the one it connected to. Default: nobody is told apart.</summary>
    public Func<int, int, string> NameOfCaller { get; init; } = static (_, _) => "";

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
