namespace Spillway.Raft.Hosting;

/// <summary>
/// Proposers whose entries the core has taken and which are not applied yet, by the tag of their entry. Owned by the log's
/// thread.
/// </summary>
internal sealed class PendingEntries
{
    private const int SpareMax = 16;

    private readonly Dictionary<ulong, List<PendingProposal>> _byTag = [];
    private readonly Stack<List<PendingProposal>> _spare = new();

    public int Count => _byTag.Count;

    /// <summary>An empty list to go on with, in place of one that is handed over.</summary>
    public List<PendingProposal> Empty() => _spare.TryPop(out var spare) ? spare : [];

    public void Add(ulong tag, List<PendingProposal> proposals) => _byTag.Add(tag, proposals);

    /// <summary>Who waits for the entry; null where nobody does (any more).</summary>
    public List<PendingProposal>? Find(ulong tag) => _byTag.GetValueOrDefault(tag);

    /// <summary>The entry's proposers have been answered.</summary>
    public void Done(ulong tag, List<PendingProposal> proposals)
    {
        _byTag.Remove(tag);
        proposals.Clear();
        if (_spare.Count < SpareMax)
        {
            _spare.Push(proposals);
        }
    }

    public void FailAll(Func<ReplicatedLogException> reason)
    {
        foreach (var proposals in _byTag.Values)
        {
            proposals.ForEach(proposal => proposal.Fail(reason()));
        }

        _byTag.Clear();
    }
}
