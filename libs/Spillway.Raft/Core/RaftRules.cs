namespace Spillway.Raft.Core;

/// <summary>
/// The decisions on which the safety of the consensus hangs, each by itself. Production uses this class as it is; tests put a
/// bug into one rule and show that it is caught.
/// </summary>
internal class RaftRules
{
    /// <summary>The rules as they should be.</summary>
    public static RaftRules Sound { get; } = new();

    /// <summary>How many of the voters decide.</summary>
    public virtual int Quorum(int voterCount) => (voterCount / 2) + 1;

    /// <summary>Whether a member counts in a quorum: a learner holds entries but decides nothing.</summary>
    public virtual bool CountsInQuorum(GroupMember member) => member.Voter;

    /// <summary>
    /// Election restriction: a vote only for a log that holds everything committed, which a later last term, or the same and no
    /// shorter a log, stands for (Raft thesis §3.6.1).
    /// </summary>
    public virtual bool IsUpToDate(ulong lastTerm, ulong lastIndex, ulong ownLastTerm, ulong ownLastIndex) =>
        lastTerm > ownLastTerm || (lastTerm == ownLastTerm && lastIndex >= ownLastIndex);

    /// <summary>One vote a term: for whom it was given before, or for anyone while none was given and nobody leads the term.</summary>
    public virtual bool MayVote(ulong votedFor, ulong candidateId, ulong leaderId) =>
        votedFor == candidateId || (votedFor == 0 && leaderId == 0);

    /// <summary>
    /// Leader lease of check-quorum: who heard of a leader within the shortest election time-out neither votes nor moves to
    /// a later term, unless leadership is being handed over.
    /// </summary>
    public virtual bool IsInLease(ulong leaderId, int electionElapsed, int electionTicks, bool transfer) =>
        !transfer && leaderId != 0 && electionElapsed < electionTicks;

    /// <summary>Whether an election begins by asking whether it could be won (pre-vote), so that a term is not spent in vain.</summary>
    public virtual bool AsksBeforeElection(bool transfer) => !transfer;

    /// <summary>Whether a candidate's own vote counts: only once it is durable, or it could be cast again after a restart.</summary>
    public virtual bool OwnVoteCounts(bool durable) => durable;

    /// <summary>Whether a leader goes on: not where no quorum was heard of during an election time-out.</summary>
    public virtual bool KeepsLeading(bool quorumActive) => quorumActive;

    /// <summary>Log matching: entries are only taken behind an entry that is the leader's, too.</summary>
    public virtual bool TakesEntriesBehind(bool previousMatches) => previousMatches;

    /// <summary>Whether a new entry replaces the stored one, and with it all behind: only where they differ.</summary>
    public virtual bool Replaces(ulong storedTerm, ulong newTerm) => storedTerm != newTerm;

    /// <summary>
    /// What a follower acknowledges: what the message has shown to be the leader's. Not its own last index: behind the
    /// message there may be a tail of an older leader.
    /// </summary>
    public virtual ulong AcknowledgedIndex(ulong previousIndex, int entryCount, ulong ownLastIndex) =>
        previousIndex + (ulong)entryCount;

    /// <summary>
    /// Behind which index a leader tries again after a rejection. Anything from the match to the hint is sound. The hint is exactly
    /// where the logs part, so that the first append taken replaces a follower's stale tail; going further back takes more messages,
    /// and shows bugs of the two rules around this one.
    /// </summary>
    public virtual ulong ProbeBehind(ulong hintIndex, ulong matchIndex) => hintIndex;

    /// <summary>What a follower takes for committed after an append: nothing behind what the message has shown to match.</summary>
    public virtual ulong FollowerCommit(ulong leaderCommit, ulong matchedIndex, ulong ownLastIndex) =>
        Math.Min(leaderCommit, matchedIndex);

    /// <summary>The commit index in a heartbeat: not above what the follower is known to hold of the leader's log.</summary>
    public virtual ulong HeartbeatCommit(ulong commit, ulong matchIndex) => Math.Min(commit, matchIndex);

    /// <summary>What a leader holds itself, towards the quorum: only what its own disk has.</summary>
    public virtual ulong OwnMatch(ulong stableIndex, ulong lastIndex) => stableIndex;

    /// <summary>
    /// Whether an entry that a quorum holds is committed by that: only one of the leader's own term, as an older one can
    /// still be replaced by a leader that never saw it (thesis §3.6.2, figure 3.7).
    /// </summary>
    public virtual bool CommitsByCounting(ulong entryTerm, ulong term) => entryTerm == term;

    /// <summary>Whether a leader may answer reads: it knows all that is committed once an entry of its term is.</summary>
    public virtual bool MayRead(bool committedInTerm) => committedInTerm;

    /// <summary>Whether a heartbeat's reply confirms a round of reads.</summary>
    public virtual bool ConfirmsRead(ReadId acknowledged, ReadId round) => acknowledged == round;

    /// <summary>Whether a leader that is handing over takes proposals: no, or the other never catches up.</summary>
    public virtual bool TakesProposals(bool transferring) => !transferring;

    /// <summary>One change at a time: the next one once every earlier one, and an entry of the leader's own term, is applied.</summary>
    public virtual bool MayProposeChange(ulong pendingIndex, ulong appliedIndex) => appliedIndex >= pendingIndex;

    /// <summary>Whether a change takes effect when it enters the log, too. Not here: it may yet be replaced, and nothing would undo it.</summary>
    public virtual bool ChangesOnAppend => false;

    /// <summary>
    /// Whether a leader leaves its own removal or demotion to the next leader. It may hold entries that nobody else has, and then
    /// never votes for those that stay.
    /// </summary>
    public virtual bool HandsOverBeforeLeaving => true;

    /// <summary>
    /// What is known to be committed by the sight of a change of membership in the log: the change before it, which its leader had
    /// applied. A node that lost its commit index would otherwise stand for election with a membership two changes old.
    /// </summary>
    public virtual ulong CommittedBySight(ulong previousChangeIndex) => previousChangeIndex;

    /// <summary>Whether what follows a restored snapshot in the log stays: only where the log agrees with the snapshot.</summary>
    public virtual bool KeepsTail(bool logMatchesSnapshot) => logMatchesSnapshot;
}
