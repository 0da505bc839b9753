using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Core;

/// <summary>Rules with one bug each.</summary>
internal static class Mutants
{
    /// <summary>Those that storms catch; the others have a test of their own, by the rule.</summary>
    public static IReadOnlyDictionary<string, RaftRules> CaughtByStorms { get; } = new Dictionary<string, RaftRules>
    {
        ["acknowledges its last index"] = new AcknowledgesLastIndex(),
        ["commits old terms by counting"] = new CommitsOldTerms(),
        ["compares logs by length"] = new ComparesByLength(),
        ["votes again"] = new VotesAgain(),
        ["takes half for a quorum"] = new TakesHalf(),
        ["counts learners"] = new CountsLearners(),
        ["takes entries anywhere"] = new TakesEntriesAnywhere(),
        ["never truncates"] = new NeverTruncates(),
        ["always truncates"] = new AlwaysTruncates(),
        ["commits its whole log"] = new CommitsWholeLog(),
        ["sends its commit in heartbeats"] = new SendsCommitInHeartbeats(),
        ["reads before its first commit"] = new ReadsEarly(),
        ["changes members side by side"] = new ChangesSideBySide(),
        ["changes members on append"] = new ChangesOnAppending(),
        ["leaves as the leader"] = new LeavesAsLeader(),
    };

    /// <summary>Sound, if slow: the other rules must hold with it.</summary>
    public class GoesFarBack : RaftRules
    {
        public override ulong ProbeBehind(ulong hintIndex, ulong matchIndex) => matchIndex;
    }

    public sealed class AcknowledgesLastIndex : GoesFarBack
    {
        public override ulong AcknowledgedIndex(ulong previousIndex, int entryCount, ulong ownLastIndex) => ownLastIndex;
    }

    public sealed class CommitsOldTerms : RaftRules
    {
        public override bool CommitsByCounting(ulong entryTerm, ulong term) => true;
    }

    public sealed class ComparesByLength : RaftRules
    {
        public override bool IsUpToDate(ulong lastTerm, ulong lastIndex, ulong ownLastTerm, ulong ownLastIndex) =>
            lastIndex >= ownLastIndex;
    }

    public sealed class VotesAgain : RaftRules
    {
        public override bool MayVote(ulong votedFor, ulong candidateId, ulong leaderId) => leaderId == 0;
    }

    public sealed class TakesHalf : RaftRules
    {
        public override int Quorum(int voterCount) => (voterCount + 1) / 2;
    }

    public sealed class CountsLearners : RaftRules
    {
        public override bool CountsInQuorum(GroupMember member) => true;
    }

    public sealed class CountsVoteAtOnce : RaftRules
    {
        public override bool OwnVoteCounts(bool durable) => true;
    }

    public sealed class TakesEntriesAnywhere : RaftRules
    {
        public override bool TakesEntriesBehind(bool previousMatches) => true;
    }

    public sealed class NeverTruncates : RaftRules
    {
        public override bool Replaces(ulong storedTerm, ulong newTerm) => false;
    }

    public sealed class AlwaysTruncates : RaftRules
    {
        public override bool Replaces(ulong storedTerm, ulong newTerm) => true;
    }

    public sealed class CommitsWholeLog : GoesFarBack
    {
        public override ulong FollowerCommit(ulong leaderCommit, ulong matchedIndex, ulong ownLastIndex) =>
            Math.Min(leaderCommit, ownLastIndex);
    }

    public sealed class SendsCommitInHeartbeats : RaftRules
    {
        public override ulong HeartbeatCommit(ulong commit, ulong matchIndex) => commit;
    }

    public sealed class CountsUnflushed : RaftRules
    {
        public override ulong OwnMatch(ulong stableIndex, ulong lastIndex) => lastIndex;
    }

    public sealed class ReadsEarly : RaftRules
    {
        public override bool MayRead(bool committedInTerm) => true;
    }

    public sealed class TakesAnyReply : RaftRules
    {
        public override bool ConfirmsRead(ReadId acknowledged, ReadId round) => true;
    }

    public sealed class ChangesSideBySide : RaftRules
    {
        public override bool MayProposeChange(ulong pendingIndex, ulong appliedIndex) => true;
    }

    public sealed class ChangesOnAppending : RaftRules
    {
        public override bool ChangesOnAppend => true;
    }

    public sealed class LeavesAsLeader : RaftRules
    {
        public override bool HandsOverBeforeLeaving => false;
    }

    public sealed class KeepsTailAnyway : RaftRules
    {
        public override bool KeepsTail(bool logMatchesSnapshot) => true;
    }

    public sealed class ForgetsSight : RaftRules
    {
        public override ulong CommittedBySight(ulong previousChangeIndex) => 0;
    }

    public sealed class ProposesInTransfer : RaftRules
    {
        public override bool TakesProposals(bool transferring) => true;
    }

    public sealed class LeadsAlone : RaftRules
    {
        public override bool KeepsLeading(bool quorumActive) => true;
    }

    public sealed class AsksNobody : RaftRules
    {
        public override bool AsksBeforeElection(bool transfer) => false;
    }

    public sealed class BreaksLease : RaftRules
    {
        public override bool IsInLease(ulong leaderId, int electionElapsed, int electionTicks, bool transfer) => false;
    }
}
