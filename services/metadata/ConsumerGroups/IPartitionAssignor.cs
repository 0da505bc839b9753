namespace Spillway.Metadata.ConsumerGroups;

/// <summary>Decides who shall own what. Pure and deterministic.</summary>
internal interface IPartitionAssignor
{
    /// <summary>As clients name it.</summary>
    string Name { get; }

    /// <summary>What each member shall own, in the order of the members: each partition of a subscribed topic once.</summary>
    /// <param name="members">In ordinal order of their ids.</param>
    /// <param name="partitionCounts">Of every topic that a member subscribes to.</param>
    PartitionSet[] Assign(IReadOnlyList<MemberSubscription> members, IReadOnlyDictionary<Guid, int> partitionCounts);
}
