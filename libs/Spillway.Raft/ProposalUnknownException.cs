namespace Spillway.Raft;

/// <summary>
/// The command may or may not be in the log. Settle it by the command's own identity: propose it again, and let the
/// state machine find the duplicate.
/// </summary>
/// <param name="message">What happened.</param>
/// <param name="innerException">The cause.</param>
public sealed class ProposalUnknownException(string message, Exception? innerException = null)
    : ReplicatedLogException(message, innerException)
{
    /// <inheritdoc/>
    public override bool OutcomeUnknown => true;
}
