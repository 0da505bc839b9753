namespace Spillway.Raft;

/// <summary>This node does not lead, or has just stopped leading: ask the leader.</summary>
/// <param name="message">What happened.</param>
/// <param name="leader">The leader as far as this node knows.</param>
/// <param name="outcomeUnknown">True where the command had been taken before leadership went.</param>
public sealed class LeadershipLostException(string message, LeadershipState leader, bool outcomeUnknown = false)
    : ReplicatedLogException(message)
{
    /// <summary>The leader as far as this node knows: a hint.</summary>
    public LeadershipState Leader { get; } = leader;

    /// <inheritdoc/>
    public override bool OutcomeUnknown { get; } = outcomeUnknown;
}
