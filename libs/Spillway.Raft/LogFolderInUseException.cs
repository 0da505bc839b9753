namespace Spillway.Raft;

/// <summary>The log's folder has another owner: nothing is wrong with the log, and the operator has to choose.</summary>
/// <param name="message">Which folder.</param>
/// <param name="innerException">The cause.</param>
public sealed class LogFolderInUseException(string message, Exception? innerException = null)
    : LogFailedException(message, innerException);
