namespace Spillway.Tool.Fsck;

/// <summary>What was compared, and what was found.</summary>
internal sealed record FsckReport
{
    public List<FsckFinding> Findings { get; } = [];

    public int LogCount { get; set; }

    public long EntryCount { get; set; }

    public long EntryBytes { get; set; }

    public int SegmentCount { get; set; }

    public int ObjectCount { get; set; }

    /// <summary>Entries whose bytes were read and checked.</summary>
    public long VerifiedEntryCount { get; set; }

    /// <summary>Files and objects that metadata does not know and that are younger than the grace: uploads under way, or just deleted.</summary>
    public int YoungUnknownCount { get; set; }

    /// <summary>Entries that could not be looked at, since their volume was not named on the command line.</summary>
    public SortedDictionary<string, long> UncheckedEntriesByVolume { get; } = new(StringComparer.Ordinal);

    public int DeletedCount { get; set; }
}
