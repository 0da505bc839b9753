namespace Spillway.Metadata.ConsumerGroups;

/// <summary>What a group needs to know of a topic.</summary>
internal readonly record struct GroupTopic(Guid Id, int PartitionCount);
