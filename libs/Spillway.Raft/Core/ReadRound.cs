namespace Spillway.Raft.Core;

/// <summary>Reads that wait until a quorum has confirmed that this node still led when they began.</summary>
internal sealed class ReadRound(ReadId id, ulong index)
{
    private readonly List<ulong> _confirmedBy = [];

    public ReadId Id => id;

    /// <summary>The commit index when the round began.</summary>
    public ulong Index => index;

    public void Confirm(ulong nodeId)
    {
        if (!_confirmedBy.Contains(nodeId))
        {
            _confirmedBy.Add(nodeId);
        }
    }

    public bool IsConfirmedBy(ulong nodeId) => _confirmedBy.Contains(nodeId);
}
