namespace Spillway.Tool.Fsck;

/// <summary>What may be wrong.</summary>
internal enum FsckKind
{
    /// <summary>The index names a file or object that is not there.</summary>
    Missing,

    /// <summary>It is there, and its bytes are not what the index says.</summary>
    Wrong,

    /// <summary>Offsets between log start and high watermark that no entry of the index has.</summary>
    Gap,

    /// <summary>The index names what metadata gives free to be deleted.</summary>
    Freed,

    /// <summary>A file or object that metadata does not know.</summary>
    Unknown,

    /// <summary>Metadata knows that nothing names it, and it is still there long after.</summary>
    Garbage,
}
