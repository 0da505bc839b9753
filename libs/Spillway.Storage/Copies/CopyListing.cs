namespace Spillway.Storage.Copies;

/// <summary>What there is of a cluster's copies.</summary>
/// <param name="Whole">Those with a manifest, the newest first.</param>
/// <param name="Unfinished">Those without: being stored, given up, or half deleted. The newest first.</param>
/// <param name="Bytes">Of the whole ones, without their manifests.</param>
/// <param name="LastIncarnation">The last incarnation that left anything here; −1: none did.</param>
public sealed record CopyListing(
    IReadOnlyList<SnapshotCopyName> Whole, IReadOnlyList<SnapshotCopyName> Unfinished, long Bytes, long LastIncarnation);
