namespace Spillway.Storage.Wal;

/// <summary>Why a range of a segment could not be read, by what the reader may do about it.</summary>
public enum WalReadFailure
{
    /// <summary>This host's view of the file is behind (too short, or its handle is stale): read again, or ask the writer.</summary>
    Stale,

    /// <summary>There is no such file: the index has moved on, resolve it again.</summary>
    Missing,

    /// <summary>The bytes there are not whole record batches with their checksums, even in a fresh view.</summary>
    Corrupt,

    /// <summary>The volume answered with an error.</summary>
    Failed,
}
