namespace Spillway.Metadata.ConsumerGroups;

/// <summary>The member epochs that mean something else than an epoch (KIP-848).</summary>
internal static class MemberEpochs
{
    public const int Join = 0;

    public const int Leave = -1;

    /// <summary>A static member leaves and will be back within its session: it keeps its partitions.</summary>
    public const int LeaveForAWhile = -2;
}
