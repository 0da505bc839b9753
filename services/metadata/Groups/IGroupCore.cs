using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Groups;

/// <summary>
/// A group that is in use, whichever protocol it speaks. Pure: time comes in with each call (ms of any clock that only goes forward), what
/// must be durable goes out by <see cref="TakeWrite"/>, and <see cref="NextDeadlineMs"/> says when to call <see cref="Tick"/>. Not
/// thread-safe; its <see cref="GroupSession"/> has the lock.
/// </summary>
internal interface IGroupCore
{
    /// <summary>Of the classic protocol the generation, of the consumer protocol the group epoch.</summary>
    int GenerationId { get; }

    int MemberCount { get; }

    string? ProtocolName { get; }

    /// <summary>Nothing here that the durable state does not know; only a write that is under way may be missing.</summary>
    bool IsIdle { get; }

    /// <summary>Offsets that no member reads expire though the group has members (KIP-211).</summary>
    bool ExpiresUnread { get; }

    /// <summary>A write went wrong, so that nobody knows what is durable: the state has to be read again.</summary>
    bool IsSpent { get; }

    /// <summary>Something else than a heartbeat has happened since it was last cleared: deadlines may be earlier than before.</summary>
    bool DeadlinesChanged { get; set; }

    long NextDeadlineMs { get; }

    /// <summary>Not null: the group speaks the other protocol from here on, and this core is used no more.</summary>
    IGroupCore? Successor { get; }

    /// <summary>What must be made durable, in this order; null when there is nothing more for now.</summary>
    GroupWrite? TakeWrite();

    /// <summary>Does what has fallen due.</summary>
    void Tick(long nowMs);

    void Join(JoinGroupCall call, string newMemberId, GroupLimits limits, long nowMs, Reply<JoinGroupResult> reply);

    void Sync(SyncGroupCall call, long nowMs, Reply<SyncGroupResult> reply);

    ErrorCode Heartbeat(HeartbeatCall call, long nowMs);

    void Leave(LeaveGroupCall call, long nowMs, Reply<LeaveGroupResult> reply);

    /// <summary>The one request of the consumer protocol: joins, leaves and goes on.</summary>
    void ConsumerHeartbeat(
        ConsumerHeartbeatCall call, GroupLimits limits, IGroupTopics topics, long nowMs, Reply<ConsumerHeartbeatResult> reply);

    /// <summary>Whether offsets may be committed like this.</summary>
    ErrorCode CheckCommit(CommitOffsetsCall call, long nowMs, bool isTransactional = false);

    /// <summary>Whether the group may be deleted.</summary>
    ErrorCode CheckDelete();

    /// <summary>Whether offsets may be deleted while the group is as it is.</summary>
    ErrorCode CheckOffsetDelete();

    /// <summary>Whether members read the topic: its offsets are theirs then.</summary>
    bool Reads(string topicName);

    /// <summary>Somebody else coordinates the group now, or nobody: all who wait are told so.</summary>
    void Abandon(ErrorCode error);
}
