namespace Spillway.Metadata.ConsumerGroups;

/// <summary>Kafka's states of a group of the consumer protocol; the names are those that clients are told.</summary>
internal enum ConsumerGroupState
{
    Empty,
    Assigning,
    Reconciling,
    Stable,
}
