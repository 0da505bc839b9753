namespace Spillway.Storage.Wal.Reading;

/// <summary>Why a range of a segment could not be read, by what the reader may do about it.</summary>
public enum WalReadFailure
{
    /// <summary>There is no such file (ENOENT), or its volume is not mounted here: the index may have moved on, resolve it again.</summary>
    Missing,

    /// <summary>The handle's file is gone on the server (ESTALE): the same.</summary>
    StaleHandle,

    /// <summary>The file ends before the range does, which it never did for its writer: this host's view of it is behind.</summary>
    Short,

    /// <summary>
    /// The bytes there are not whole record batches with their checksums: a page that was cached before the writer filled it, or damage.
    /// </summary>
    Corrupt,

    /// <summary>The volume answered with an error.</summary>
    Failed,

    /// <summary>The volume did not answer in time. The call may still be pending.</summary>
    TimedOut,
}
