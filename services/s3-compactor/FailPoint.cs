namespace Spillway.S3Compactor;

/// <summary>
/// The places between two steps of a job where a crash leaves something behind. Names are constants so that a crash test can name
/// each one, and a test proves that all are tried. A control file may crash or pause a compactor there (docs/testing/faults.md).
/// </summary>
internal static class FailPoint
{
    /// <summary>A job is leased and nothing is done.</summary>
    public const string JobAcquired = "s3-compactor.job-acquired";

    /// <summary>Bytes are read; nobody else knows.</summary>
    public const string RangesRead = "s3-compactor.ranges-read";

    /// <summary>Metadata knows an object that does not exist.</summary>
    public const string ObjectPrepared = "s3-compactor.object-prepared";

    /// <summary>An object exists that nothing names.</summary>
    public const string ObjectStored = "s3-compactor.object-stored";

    /// <summary>The index names the object; the job is still leased.</summary>
    public const string ObjectCommitted = "s3-compactor.object-committed";

    /// <summary>All is done, and metadata does not know that the job is.</summary>
    public const string DrainFinished = "s3-compactor.drain-finished";

    /// <summary>Entries of a merge are read; nobody else knows.</summary>
    public const string MergeRangesRead = "s3-compactor.merge-ranges-read";

    /// <summary>Metadata knows a merge's object that does not exist.</summary>
    public const string MergeObjectPrepared = "s3-compactor.merge-object-prepared";

    /// <summary>A merge's object exists that nothing names.</summary>
    public const string MergeObjectStored = "s3-compactor.merge-object-stored";

    /// <summary>The index names the merge's object, the sources may be garbage; the job is still leased.</summary>
    public const string MergeObjectCommitted = "s3-compactor.merge-object-committed";

    /// <summary>All is merged, and metadata does not know that the job is done.</summary>
    public const string MergeFinished = "s3-compactor.merge-finished";

    /// <summary>Log compaction knows the keys; nothing is changed.</summary>
    public const string KeysLearned = "s3-compactor.keys-learned";

    /// <summary>What is left of some entries is in memory.</summary>
    public const string RunCleaned = "s3-compactor.run-cleaned";

    /// <summary>A log compaction is done as far as it goes, and metadata does not know how far.</summary>
    public const string CompactionFinished = "s3-compactor.compaction-finished";

    /// <summary>Files are gone, and metadata still lists them.</summary>
    public const string SegmentsUnlinked = "s3-compactor.segments-unlinked";

    /// <summary>Objects are gone, and metadata still lists them.</summary>
    public const string ObjectsDeleted = "s3-compactor.objects-deleted";

    /// <summary>An object is read whole, and nobody else knows.</summary>
    public const string ObjectScrubbed = "s3-compactor.object-scrubbed";

    /// <summary>All objects of a scrub are read, and metadata does not know what was found.</summary>
    public const string ScrubFinished = "s3-compactor.scrub-finished";

    /// <summary>Metadata knows that the job is done.</summary>
    public const string JobCompleted = "s3-compactor.job-completed";

    public static IReadOnlyList<string> All { get; } =
    [
        JobAcquired,
        RangesRead,
        ObjectPrepared,
        ObjectStored,
        ObjectCommitted,
        DrainFinished,
        MergeRangesRead,
        MergeObjectPrepared,
        MergeObjectStored,
        MergeObjectCommitted,
        MergeFinished,
        SegmentsUnlinked,
        ObjectsDeleted,
        ObjectScrubbed,
        ScrubFinished,
        JobCompleted,
    ];
}
