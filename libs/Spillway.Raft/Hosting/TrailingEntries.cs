namespace Spillway.Raft.Hosting;

/// <summary>
/// Decides how much of what a snapshot covers the core still keeps in memory: the last entries, for followers a little
/// behind, bounded in number and bytes. Owned by the log's thread.
/// </summary>
internal sealed class TrailingEntries(int entriesMax, long bytesMax)
{
    private readonly Queue<int> _sizes = new();
    private ulong _first = 1;
    private long _bytes;

    /// <summary>Everything up to there is in a snapshot that was loaded.</summary>
    public void BeginBehind(ulong index)
    {
        _sizes.Clear();
        (_first, _bytes) = (index + 1, 0);
    }

    public void Applied(int payloadBytes)
    {
        _sizes.Enqueue(payloadBytes);
        _bytes += payloadBytes;
    }

    /// <summary>
    /// Up to which index to forget, now that a snapshot is durable. The first entry of all always goes: a node that joins is
    /// to get a snapshot, which names the members, before any entry.
    /// </summary>
    public ulong ForgetUpTo(ulong snapshotIndex)
    {
        while (_sizes.Count > 0 && _first <= snapshotIndex
            && (_sizes.Count > entriesMax || _bytes > bytesMax || _first == 1))
        {
            _bytes -= _sizes.Dequeue();
            _first++;
        }

        return _first - 1;
    }
}
