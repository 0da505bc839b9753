using Spillway.Kafka.Buffers;

namespace Spillway.Storage.Wal.Reading;

/// <summary>One volume as the reader sees it: one try to read, whatever the kind of volume. Thread-safe.</summary>
internal interface IWalRangeSource : IDisposable
{
    /// <summary>How many handles are open.</summary>
    int OpenCount { get; }

    /// <summary>Whether a call that nobody waits for any more has not returned: the volume hangs.</summary>
    bool IsStalled { get; }

    /// <summary>
    /// Reads a range as this host sees it now, not verified. The buffer is the caller's. When the token is cancelled the caller is let go at
    /// once; what was begun is finished behind it, in memory that nobody else has.
    /// </summary>
    /// <exception cref="WalReadException">It could not be read whole.</exception>
    Task<SharedBuffer> ReadAsync(string path, long position, int lengthBytes, bool isFresh, CancellationToken cancellationToken);

    /// <summary>Closes what is open of a segment that is known to be deleted.</summary>
    void Forget(string path);
}
