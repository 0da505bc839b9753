namespace Spillway.Raft;

/// <summary>The log could not do what was asked. Coarse by what the caller would do; see the derived types.</summary>
public abstract class ReplicatedLogException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Whether the command may have been, or may still be, applied in spite of the exception.</summary>
    public abstract bool OutcomeUnknown { get; }
}
