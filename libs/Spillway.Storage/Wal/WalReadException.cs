namespace Spillway.Storage.Wal;

/// <summary>A range of a segment could not be read, after one more try with a fresh view of the file.</summary>
public sealed class WalReadException(WalReadFailure failure, string message, Exception? innerException = null)
    : IOException(message, innerException)
{
    /// <summary>Why.</summary>
    public WalReadFailure Failure { get; } = failure;
}
