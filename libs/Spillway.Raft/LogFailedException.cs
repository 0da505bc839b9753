namespace Spillway.Raft;

/// <summary>
/// The log has failed for good (a write, a flush or the state machine) or could not start; the command was not taken.
/// The process should stop.
/// </summary>
/// <param name="message">What failed.</param>
/// <param name="innerException">The cause.</param>
public class LogFailedException(string message, Exception? innerException = null)
    : ReplicatedLogException(message, innerException)
{
    /// <inheritdoc/>
    public override bool OutcomeUnknown => false;
}
