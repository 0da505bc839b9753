namespace Spillway.Storage.Objects;

/// <summary>What a request to the object store is made for. The bill is by request, so each has a cause to answer for it.</summary>
public enum RequestCause
{
    /// <summary>Nobody said.</summary>
    Other,

    /// <summary>Moving the WAL to objects.</summary>
    Drain,

    /// <summary>Making one object of many.</summary>
    Merge,

    /// <summary>Log compaction: the last record of each key stays.</summary>
    Compaction,

    /// <summary>Records for a consumer.</summary>
    Fetch,

    /// <summary>Footers and indexes of objects.</summary>
    Index,

    /// <summary>Deleting what nothing names.</summary>
    Garbage,

    /// <summary>A WAL volume in the object store.</summary>
    Wal,

    /// <summary>Snapshots of metadata, and restoring one.</summary>
    Snapshot,

    /// <summary>Checking that objects are there and whole.</summary>
    Scrub,

    /// <summary>An operator's command.</summary>
    Tool,

    /// <summary>A second read of what was late, so that whichever comes first is taken.</summary>
    Hedge,
}
