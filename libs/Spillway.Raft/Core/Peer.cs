using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Core;

/// <summary>A member as a leader sees it: what it holds and what to send next. Owned by one core.</summary>
internal sealed class Peer(GroupMember member, int inFlightMessagesMax)
{
    public GroupMember Member { get; set; } = member;

    public ulong NodeId => Member.NodeId;

    public PeerState State { get; private set; }

    /// <summary>The last index it is known to hold durably.</summary>
    public ulong Match { get; private set; }

    /// <summary>The index of the next entry to send.</summary>
    public ulong Next { get; private set; }

    /// <summary>While probing: a message is out, so wait for its reply or for a sign of life.</summary>
    public bool ProbeSent { get; set; }

    /// <summary>While replicating: ask whether everything sent has arrived, since a reply is missing.</summary>
    public bool AskDue { get; set; }

    /// <summary>While in want of a snapshot: the offer is to be made (again).</summary>
    public bool OfferDue { get; set; }

    /// <summary>The largest commit index that was sent in an append.</summary>
    public ulong SentCommit { get; set; }

    /// <summary>Whether it was heard of since the leader last asked.</summary>
    public bool RecentlyActive { get; set; }

    public InFlightWindow Window { get; } = new(inFlightMessagesMax);

    private SnapshotId Offered { get; set; }

    /// <summary>As a new leader begins, or as a new member begins: nothing is known, the best guess is that it has all.</summary>
    public void Reset(ulong next, bool recentlyActive)
    {
        Match = 0;
        Next = next;
        SentCommit = 0;
        RecentlyActive = recentlyActive;
        Enter(PeerState.Probe);
    }

    public void Sent(ulong lastIndex)
    {
        Next = lastIndex + 1;
        Window.Add(lastIndex);
    }

    /// <summary>It holds everything up to the index. False where that was known.</summary>
    public bool Acknowledge(ulong index, ulong firstIndex)
    {
        var news = index > Match;
        Match = Math.Max(Match, index);
        Next = Math.Max(Next, Match + 1);
        if (State == PeerState.Replicate)
        {
            Window.FreeUpTo(index);
        }
        else if (State == PeerState.Probe || Match + 1 >= firstIndex)
        {
            Next = Match + 1;
            Enter(PeerState.Replicate);
        }

        return news;
    }

    /// <summary>It does not have the entry before those that were sent; it may agree up to the hint. False for an old answer.</summary>
    public bool Reject(ulong previousIndex, ulong hintIndex)
    {
        switch (State)
        {
            case PeerState.Replicate when previousIndex > Match:
                Enter(PeerState.Probe);
                Next = Match + 1;
                return true;
            case PeerState.Probe when previousIndex + 1 == Next:
                Next = Math.Max(Math.Min(previousIndex, hintIndex + 1), Match + 1);
                ProbeSent = false;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Messages to it get lost.</summary>
    public void Lost()
    {
        if (State == PeerState.Replicate)
        {
            Enter(PeerState.Probe);
            Next = Match + 1;
        }
    }

    public void NeedsSnapshot()
    {
        if (State != PeerState.Snapshot)
        {
            Enter(PeerState.Snapshot);
            OfferDue = true;
        }
    }

    public void OfferMade(SnapshotId id)
    {
        Offered = id;
        OfferDue = false;
    }

    /// <summary>It fetched the snapshot, or did not. Either way it is asked at the next sign of life, not at once.</summary>
    public void SnapshotEnded(bool delivered)
    {
        if (State == PeerState.Snapshot)
        {
            Enter(PeerState.Probe);
            Next = delivered ? Math.Max(Match, Offered.Index) + 1 : Match + 1;
            ProbeSent = true;
        }
    }

    private void Enter(PeerState state)
    {
        State = state;
        ProbeSent = AskDue = OfferDue = false;
        Window.Clear();
    }
}
