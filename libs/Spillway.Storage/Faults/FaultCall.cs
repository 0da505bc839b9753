namespace Spillway.Storage.Faults;

/// <summary>The calls on a volume that a fault may be for; in the control file in lower case.</summary>
[Flags]
internal enum FaultCall
{
    None = 0,

    /// <summary>All that makes a segment's file: folder, name, size and header, and their flush.</summary>
    Create = 1,

    /// <summary>Opening a file that is there.</summary>
    Open = 2,

    /// <summary>Writing a block.</summary>
    Write = 4,

    /// <summary>Flushing a block.</summary>
    Flush = 8,

    /// <summary>Reading, and asking for the size.</summary>
    Read = 16,

    /// <summary>Deleting a file.</summary>
    Delete = 32,

    /// <summary>Closing a file: it may wait, it cannot fail.</summary>
    Close = 64,

    All = Create | Open | Write | Flush | Read | Delete | Close,
}
