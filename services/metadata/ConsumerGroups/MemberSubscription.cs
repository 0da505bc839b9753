namespace Spillway.Metadata.ConsumerGroups;

/// <summary>A member as assignors see it.</summary>
/// <param name="MemberId">Its id.</param>
/// <param name="InstanceId">Null: not a static member.</param>
/// <param name="TopicIds">What it subscribes to, of what there is; equal subscriptions are the same object.</param>
/// <param name="Target">What it was to own before.</param>
internal sealed record MemberSubscription(string MemberId, string? InstanceId, IReadOnlySet<Guid> TopicIds, PartitionSet Target);
