namespace Spillway.Storage.Wal.Reading;

/// <summary>A range of the index inside a stretch that is read at once: whole record batches back to back.</summary>
/// <param name="Start">Where it begins, relative to the stretch, in bytes.</param>
/// <param name="LengthBytes">Its length.</param>
public readonly record struct WalStretchPart(int Start, int LengthBytes);
