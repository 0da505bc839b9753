namespace Spillway.Raft.Hosting;

/// <summary>When this node last heard of each other one, in ticks. Owned by the log's thread.</summary>
internal sealed class PeerActivity(int activeTicks)
{
    private readonly Dictionary<ulong, long> _heard = [];

    /// <summary>The tick it is.</summary>
    public long Now { get; private set; }

    public void Tick() => Now++;

    public void Heard(ulong nodeId) => _heard[nodeId] = Now;

    /// <summary>Whether it was heard of within the last election time-out.</summary>
    public bool IsActive(ulong nodeId) => _heard.TryGetValue(nodeId, out var heard) && !IsLongAgo(heard);

    /// <summary>Whether more than an election time-out has passed since that tick.</summary>
    public bool IsLongAgo(long tick) => Now - tick > activeTicks;
}
