namespace Spillway.Metadata.LogCompaction;

/// <summary>How far log compaction has come with one log. Changed only by commands.</summary>
internal sealed class CleaningState
{
    /// <summary>The dirty part begins here, in the middle of an entry maybe; what lies below was cleaned by passes that are over.</summary>
    public long CleanedOffset { get; set; }

    /// <summary>The end of the dirty part that the pass under way is about; 0: there is none.</summary>
    public long PassEnd { get; set; }

    /// <summary>Below this the pass under way is done.</summary>
    public long NextOffset { get; set; }

    /// <summary>Below this records may be gone or go: the greatest end that a pass has had.</summary>
    public long CompactedEnd { get; set; }

    /// <summary>Jobs that ended without any progress, since the last one with some.</summary>
    public int FailureCount { get; set; }

    /// <summary>No job is planned before this.</summary>
    public long NotBeforeMs { get; set; }
}
