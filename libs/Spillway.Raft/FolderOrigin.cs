namespace Spillway.Raft;

/// <summary>How a folder came to hold a log. Persisted: numbers are never reused.</summary>
internal enum FolderOrigin : uint
{
    /// <summary>By a version that knew no groups: a group of one, whose membership may be written nowhere.</summary>
    Alone = 0,

    /// <summary>As one of a new group's first voters.</summary>
    Founded = 1,

    /// <summary>Empty, to be added to a group that exists.</summary>
    Joined = 2,
}
