namespace Spillway.S3Compactor;

/// <summary>
/// The places between two steps of a job where a crash leaves something behind. Names are constants so that a crash test can name
/// each one, and a test proves that all are tried.
/// </summary>
internal static class FailPoint
{
    /// <summary>A job is leased and nothing is done.</summary>
    public const string JobAcquired = "job-acquired";

    /// <summary>Bytes are read; nobody else knows.</summary>
    public const string RangesRead = "ranges-read";

    /// <summary>Metadata knows an object that does not exist.</summary>
    public const string ObjectPrepared = "object-prepared";

    /// <summary>An object exists that nothing names.</summary>
    public const string ObjectStored = "object-stored";

    /// <summary>The index names the object; the job is still leased.</summary>
    public const string ObjectCommitted = "object-committed";

    /// <summary>All is done, and metadata does not know that the job is.</summary>
    public const string DrainFinished = "drain-finished";

    /// <summary>Files are gone, and metadata still lists them.</summary>
    public const string SegmentsUnlinked = "segments-unlinked";

    /// <summary>Objects are gone, and metadata still lists them.</summary>
    public const string ObjectsDeleted = "objects-deleted";

    /// <summary>Metadata knows that the job is done.</summary>
    public const string JobCompleted = "job-completed";

    public static IReadOnlyList<string> All { get; } =
    [
        JobAcquired,
        RangesRead,
        ObjectPrepared,
        ObjectStored,
        ObjectCommitted,
        DrainFinished,
        SegmentsUnlinked,
        ObjectsDeleted,
        JobCompleted,
    ];
}
