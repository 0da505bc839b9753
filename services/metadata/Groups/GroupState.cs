namespace Spillway.Metadata.Groups;

/// <summary>Kafka's states of a group of the classic protocol; the names are those that clients are told.</summary>
internal enum GroupState
{
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
    Dead,
}
