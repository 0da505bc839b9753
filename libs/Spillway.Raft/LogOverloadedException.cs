namespace Spillway.Raft;

/// <summary>As many bytes wait as the log's bound allows; the command was not taken. Try again later.</summary>
/// <param name="message">What was exceeded.</param>
public sealed class LogOverloadedException(string message) : ReplicatedLogException(message)
{
    /// <inheritdoc/>
    public override bool OutcomeUnknown => false;
}
