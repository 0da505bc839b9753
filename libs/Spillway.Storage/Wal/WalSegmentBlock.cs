namespace Spillway.Storage.Wal;

/// <summary>A block found by walking a segment. Header and directory are intact; the payload may be torn.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Directory">Its batches.</param>
/// <param name="IsPayloadIntact">Whether the payload has its checksum.</param>
public sealed record WalSegmentBlock(
    WalBlockHeader Header, IReadOnlyList<WalDirectoryEntry> Directory, bool IsPayloadIntact);
