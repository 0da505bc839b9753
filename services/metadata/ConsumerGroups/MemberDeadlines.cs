namespace Spillway.Metadata.ConsumerGroups;

/// <summary>Until when a member has to do what; it is out of the group after any of them. Known to the leader alone.</summary>
internal sealed class MemberDeadlines
{
    /// <summary>To be heard of.</summary>
    public long SessionMs { get; set; } = long.MaxValue;

    /// <summary>To confirm that it gave up its partitions, in the epoch beside it.</summary>
    public long RevocationMs { get; set; } = long.MaxValue;

    public int RevocationEpoch { get; set; }

    /// <summary>A classic member: to join again after it was told of a rebalance.</summary>
    public long JoinMs { get; set; } = long.MaxValue;

    /// <summary>A classic member: to ask for its assignment after it has joined.</summary>
    public long SyncMs { get; set; } = long.MaxValue;

    public long NextMs => Math.Min(Math.Min(SessionMs, RevocationMs), Math.Min(JoinMs, SyncMs));
}
