namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>What is to be read of a partition.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="EndOffset">Nothing that begins here or above.</param>
/// <param name="BytesMax">About how much.</param>
internal readonly record struct EntryRange(long Offset, long EndOffset, long BytesMax);
