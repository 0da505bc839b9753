namespace Spillway.Raft.Transport;

/// <summary>A connection to another node could not be made, or was not what it should be; the message says why.</summary>
internal sealed class RaftConnectException(string message, Exception? innerException = null)
    : IOException(message, innerException)
{
    /// <summary>Where the other node refused because this one was removed: what it had applied.</summary>
    public ulong? RemovedAsOf { get; init; }
}
