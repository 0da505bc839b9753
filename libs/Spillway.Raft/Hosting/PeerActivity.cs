namespace Spillway.Raft.Hosting;

/// <summary>When this node last heard of each other one, in ticks. Owned by the log's thread.</summary>
internal sealed class PeerActivity(int activeTicks)
{
    private readonly Dictionary<ulong, long> _heard = [];
    private long _now;

    public void Tick() => _now++;

    public void Heard(ulong nodeId) => _heard[nodeId] = _now;

    /// <summary>Whether it was heard of within the last election time-out.</summary>
    public bool IsActive(ulong nodeId) => _heard.TryGetValue(nodeId, out var heard) && _now - heard <= activeTicks;
}
