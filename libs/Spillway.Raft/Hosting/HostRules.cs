using Spillway.Raft.Core;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Hosting;

/// <summary>
/// The decisions of the host on which safety hangs, each by itself. Production uses this class as it is; tests put a bug into
/// one rule and show that it is caught.
/// </summary>
internal class HostRules
{
    /// <summary>The rules as they should be.</summary>
    public static HostRules Sound { get; } = new();

    /// <summary>
    /// Whether messages leave before what they rest on is durable: a leader's do, which promise nothing of its own disk, unless
    /// its term or vote is new, or they tell of the commit of a change of membership.
    /// </summary>
    public virtual bool SendsAtOnce(bool leads, bool promises) => leads && !promises;

    /// <summary>Whether what was appended is flushed before anything rests on it.</summary>
    public virtual bool Flushes(Ready ready) => ready.MustSync;

    /// <summary>
    /// Whether the HardState is written before the entries of the same Ready. Its commit index would then reach into entries that
    /// a torn write lost, or name the ones that they were to replace.
    /// </summary>
    public virtual bool WritesHardStateFirst => false;

    /// <summary>What a new segment begins with: the older ones, and what they remember, get deleted.</summary>
    public virtual HardState OnNewSegment(HardState current) => current;

    /// <summary>Whether a fetched snapshot has its name, durably, before the log goes on behind it.</summary>
    public virtual bool AdoptsBeforeLog => true;

    /// <summary>Whether a fetched snapshot's content is held to its length and checksum before it is used.</summary>
    public virtual bool ChecksFetched => true;

    /// <summary>Whom a snapshot names: the members as of its index.</summary>
    public virtual Membership InSnapshot(Membership applied) => applied;

    /// <summary>By what proposers are found again when their entry is applied: what they were given, not where it lies.</summary>
    public virtual ulong PendingKey(ulong tag, ulong index) => tag;

    /// <summary>Whether an applied entry can be one that somebody here waits for: the proposer's node and life are this one.</summary>
    public virtual bool IsOwn(bool sameNodeAndEpoch) => sameNodeAndEpoch;

    /// <summary>Whether proposers stop waiting when leadership is gone.</summary>
    public virtual bool EndsPendingWithLead => true;

    /// <summary>Whether a leader serves: once it has applied an entry of its own term, and so all that was acknowledged before.</summary>
    public virtual bool Serves(bool appliedInTerm) => appliedInTerm;
}
