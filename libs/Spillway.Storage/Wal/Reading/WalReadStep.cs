namespace Spillway.Storage.Wal.Reading;

/// <summary>The places that a range is looked for at, in their order.</summary>
public enum WalReadStep
{
    /// <summary>The open file, through this host's page cache.</summary>
    OpenFile,

    /// <summary>The file opened anew, past the page cache.</summary>
    FreshView,

    /// <summary>The writer of the segment.</summary>
    Writer,
}
