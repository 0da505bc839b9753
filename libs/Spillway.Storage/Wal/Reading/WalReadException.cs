namespace Spillway.Storage.Wal.Reading;

/// <summary>A range of a segment could not be read.</summary>
public sealed class WalReadException(WalReadFailure failure, string message, Exception? innerException = null)
    : IOException(message, innerException)
{
    /// <summary>Why.</summary>
    public WalReadFailure Failure { get; } = failure;

    /// <summary>Whether the index may name another place by now: it is to be resolved again, at a read barrier.</summary>
    public bool MayHaveMoved => Failure is WalReadFailure.Missing or WalReadFailure.StaleHandle;
}
