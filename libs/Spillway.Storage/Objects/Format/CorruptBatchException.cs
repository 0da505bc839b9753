namespace Spillway.Storage.Objects.Format;

/// <summary>
/// Bytes that should be whole record batches are not. From a volume this may be a stale view, so the caller reads them again, past every
/// cache, before it believes it.
/// </summary>
public sealed class CorruptBatchException : Exception
{
    /// <summary>Makes the exception.</summary>
    public CorruptBatchException(string message)
        : base(message)
    {
    }
}
