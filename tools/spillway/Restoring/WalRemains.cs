namespace Spillway.Tool.Restoring;

/// <summary>What a copy knows to be on one WAL volume, and what of that is there.</summary>
/// <param name="Volume">The volume's name.</param>
/// <param name="Segments">Segments with records.</param>
/// <param name="Bytes">Of the records.</param>
/// <param name="LostSegments">Segments that are not there, or on a volume that was not named.</param>
/// <param name="LostOffsets">Offsets in those: lost, but for what objects hold that were stored after the copy.</param>
internal sealed record WalRemains(string Volume, int Segments, long Bytes, int LostSegments, long LostOffsets);
