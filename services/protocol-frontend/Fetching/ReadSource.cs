namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Where the bytes of a fetch came from.</summary>
internal enum ReadSource
{
    TailCache,
    Wal,
    Object,

    /// <summary>The index itself: transaction markers.</summary>
    Index,
}
