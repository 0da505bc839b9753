namespace Spillway.Storage.Wal;

/// <summary>What the headers of segment and block share: alignment and version. See docs/formats/wal.md.</summary>
public static class WalFormat
{
    /// <summary>Segment header and blocks begin on this boundary, so that no page is written by two blocks.</summary>
    public const int AlignmentBytes = 4096;

    /// <summary>The version this code writes, and the newest it reads.</summary>
    public const ushort Version = 1;

    /// <summary>The next block boundary at or after a position.</summary>
    public static long AlignUp(long position) => (position + AlignmentBytes - 1) & -AlignmentBytes;
}
