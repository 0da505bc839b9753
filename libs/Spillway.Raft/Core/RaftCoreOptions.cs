namespace Spillway.Raft.Core;

/// <summary>The core's settings (raft-notes §9). Counted in ticks: the core has no clock.</summary>
internal sealed record RaftCoreOptions(ulong NodeId)
{
    /// <summary>An election is due after this many ticks without a leader, drawn anew from [1, 2) times it. Default 10.</summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>Ticks between heartbeats. Default 1.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>Bytes of entries in one append message (one entry at least). Default 1 MiB.</summary>
    public int MessageBytesMax { get; init; } = 1 << 20;

    /// <summary>Append messages in flight to one follower. Default 32.</summary>
    public int InFlightMessagesMax { get; init; } = 32;

    /// <summary>Bytes of entries a leader takes before any commit; past it proposals are refused. Default 64 MiB.</summary>
    public long UncommittedBytesMax { get; init; } = 64 << 20;
}
