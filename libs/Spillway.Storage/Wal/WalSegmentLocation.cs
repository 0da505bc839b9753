namespace Spillway.Storage.Wal;

/// <summary>Where a segment's file is: the name of its volume and its path relative to that volume, as metadata records them.</summary>
public readonly record struct WalSegmentLocation(string Volume, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Volume}:{Path}";
}
