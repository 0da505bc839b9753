using Spillway.Metadata.ConsumerGroups;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Groups;

/// <summary>What survives of a group when its coordinator does not. Part of the state.</summary>
internal sealed class DurableGroup(string id)
{
    public string Id { get; } = id;

    /// <summary>
    /// What the classic protocol keeps. Never changed, only replaced. Null: nobody ever joined by it, or somebody only commits offsets.
    /// </summary>
    public PutGroup? Metadata { get; set; }

    /// <summary>Since when it has had no members, in ms since 1970; 0 while it has some.</summary>
    public long EmptySinceMs { get; set; }

    public GroupOffsets Offsets { get; } = new();

    /// <summary>What open transactions hold; null where none ever did.</summary>
    public PendingOffsets? Pending { get; set; }

    public bool HasPending => Pending is { IsEmpty: false };

    public bool HasOffsets => !Offsets.IsEmpty || HasPending;

    /// <summary>Not null: it speaks the consumer protocol.</summary>
    public DurableConsumerGroup? Consumer { get; set; }

    public bool HasMembers => Metadata is { Members.Count: > 0 } || Consumer is { Members.Count: > 0 };

    /// <summary>
    /// Whether an offset of it is not kept any longer. With members none goes; without, it counts from the last member's leave or
    /// the commit, whichever was later. What an open transaction is about to replace stays for so long.
    /// </summary>
    public bool IsExpired(Guid topicId, int partition, in CommittedOffset offset, long nowMs, long retentionMs)
    {
        if (HasMembers || Pending?.Contains(topicId, partition) == true)
        {
            return false;
        }

        return offset.ExpireMs > 0
            ? offset.ExpireMs <= nowMs
            : Math.Max(EmptySinceMs, offset.CommitMs) + retentionMs <= nowMs;
    }

    /// <summary>Whether an offset of a topic that no member reads any more is not kept any longer, though there are members (KIP-211).</summary>
    public bool IsUnreadExpired(Guid topicId, int partition, in CommittedOffset offset, long nowMs, long retentionMs) =>
        HasMembers
        && Pending?.Contains(topicId, partition) != true
        && (offset.ExpireMs > 0 ? offset.ExpireMs : offset.CommitMs + retentionMs) <= nowMs;
}
